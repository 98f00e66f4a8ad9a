namespace Atp.Functions.Tests.Model;

/// <summary>
/// What <see cref="ModelTests"/> found, each as the shortest case: one instance changes something while another still remembers how
/// it was, and nothing that comes of this lasts.
/// </summary>
public sealed class TwoInstancesTests(TestStack stack)
{
    private static readonly Line NoTags = new(0, 0, 0, 0);
    private static readonly Line Berlin = NoTags with { Tags = 1 };

    private static readonly Operation Remember = new CheckIn(1, 0, null);
    private static readonly Operation CreateBerlin = new CreateCollection(0, [0]);
    private static readonly Operation DeliverAtTheFirst = new DeliverAll(0, [0]);

    [Fact]
    public Task A_device_that_took_a_new_revision_is_not_taken_back_and_its_result_counts() => HoldsAsync(
        new Import(0, [Berlin]), CreateBerlin, new CreatePolicy(0, 0, true, true), new Deploy(0, 0, [0]), DeliverAtTheFirst, Remember,
        new EditPolicy(0, 0, PolicyEdit.Description, 0), new CheckIn(0, 0, null), new SendReports(0, [new Said(0, 0, true, 1, 0)]), Remember);

    private async Task HoldsAsync(params Operation[] operations) =>
        Assert.Null(await ModelTests.ProblemAsync(stack, new Case(30, operations, [0])));
}
