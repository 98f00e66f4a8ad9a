namespace Atp.Functions.Tests.Model;

/// <summary>
/// Faults that the recount shows, each as the shortest case. In most of them one instance changes something while another still
/// remembers how it was, and nothing that comes of this may last.
/// </summary>
public sealed class ShortestCaseTests(TestStack stack)
{
    private static readonly Line NoTags = new(0, 0, 0, 0);
    private static readonly Line Berlin = NoTags with { Tags = 1 };

    private static readonly Said ConnectedNow = new(0, 0, true, 5, 0);
    private const int NeverConnected = 14;

    private static readonly Operation Remember = new CheckIn(1, 0, null);
    private static readonly Operation CreateBerlin = new CreateCollection(0, [0]);
    private static readonly Operation DeliverAtTheFirst = new DeliverAll(0, [0]);

    [Fact]
    public Task A_device_written_by_older_rules_after_the_evaluation_is_brought_to_the_newer_ones() => HoldsAsync(
        new Import(0, [NoTags]), Remember, CreateBerlin, DeliverAtTheFirst, new Upsert(1, Berlin));

    [Fact]
    public Task A_direct_member_stays_named_by_a_collection_that_another_instance_does_not_know_yet() => HoldsAsync(
        new Import(0, [NoTags]), Remember, new CreateCollection(0, []), DeliverAtTheFirst, new ChangeMembers(0, 0, [0], true), new Upsert(1, Berlin));

    [Fact]
    public Task A_collection_that_is_gone_is_left_by_a_device_that_another_instance_put_into_it() => HoldsAsync(
        new Import(0, [NoTags]), CreateBerlin, DeliverAtTheFirst, Remember, new DeleteCollection(0, 0), DeliverAtTheFirst, new Upsert(1, Berlin));

    [Fact]
    public Task A_device_that_took_a_new_revision_is_not_taken_back_and_its_result_counts() => HoldsAsync(
        new Import(0, [Berlin]), CreateBerlin, new CreatePolicy(0, 0, true, true), new Deploy(0, 0, [0]), DeliverAtTheFirst, Remember,
        new EditPolicy(0, 0, PolicyEdit.Description, 0), new CheckIn(0, 0, null), new SendReports(0, [ConnectedNow]), Remember);

    [Fact]
    public Task A_device_that_says_it_never_connected_is_inactive_whatever_it_said_before() => HoldsAsync(
        new Import(0, [Berlin]), CreateBerlin, new CreatePolicy(0, 0, true, true), new Deploy(0, 0, [0]), DeliverAtTheFirst, new CheckIn(0, 0, null),
        new SendReports(0, [ConnectedNow]), DeliverAtTheFirst, new SendReports(0, [ConnectedNow with { Agent = NeverConnected }]));

    private async Task HoldsAsync(params Operation[] operations) =>
        Assert.Null(await ModelTests.ProblemAsync(stack, new Case(30, operations, [0])));
}
