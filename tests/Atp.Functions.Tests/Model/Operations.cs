using System.Text.Json;
using System.Text.Json.Serialization;
using CsCheck;

namespace Atp.Functions.Tests.Model;

/// <summary>
/// One step of a case. Things are named by a number that is taken modulo how many there are when the step is made, so that any
/// list of steps can be made on any site; one that finds nothing to act on does nothing.
/// </summary>
/// <param name="Instance">Which of the two instances of the service it goes to.</param>
internal abstract record Operation(int Instance)
{
    public sealed override string ToString() => $"{GetType().Name} {JsonSerializer.Serialize(this, GetType())}"
        + (this is Deliver { Meanwhile: { } meanwhile } ? $" meanwhile {meanwhile}" : "");
}

/// <summary>What inventory says of a device: numbers into <see cref="ModelSite"/>'s small catalogues; tags as bits.</summary>
internal sealed record Line(int Device, int System, int Name, int Tags);

internal sealed record Import(int Instance, Line[] Lines) : Operation(Instance);

internal sealed record Upsert(int Instance, Line Line) : Operation(Instance);

internal sealed record DeleteDevice(int Instance, int Device) : Operation(Instance);

internal sealed record Retire(int Instance, int Device) : Operation(Instance);

internal sealed record Reinstate(int Instance, int Device) : Operation(Instance);

/// <param name="Replaces">The device that the computer was before; null when it is new.</param>
internal sealed record Enroll(int Instance, int Device, bool NewKey, int? Replaces) : Operation(Instance);

internal sealed record Block(int Instance, int Device, bool Blocked) : Operation(Instance);

internal sealed record ChangeMembers(int Instance, int Collection, int[] Devices, bool Add) : Operation(Instance);

/// <summary>Other collections that one refers to.</summary>
internal sealed record Referring(int[] Include, int[] Exclude, int? Limit);

/// <param name="To">Null for no other collections.</param>
/// <param name="DefenderClient">The client setting of its servers.</param>
internal sealed record CreateCollection(int Instance, int[] Rules, Referring? To = null, bool DefenderClient = false) : Operation(Instance);

/// <param name="To">Null to leave that as it is; refused when it would make a circle.</param>
/// <param name="DefenderClient">Null to leave that as it is.</param>
internal sealed record EditCollection(int Instance, int Collection, int[] Rules, Referring? To = null, bool? DefenderClient = null) : Operation(Instance);

internal sealed record DeleteCollection(int Instance, int Collection) : Operation(Instance);

/// <param name="ExpiresInDays">0 for an onboarding policy.</param>
internal sealed record CreatePolicy(int Instance, int ExpiresInDays, bool Workspace, bool AllSamples) : Operation(Instance);

internal enum PolicyEdit
{
    File,
    SetWorkspace,
    RemoveWorkspace,
    NoSamples,
    AllSamples,
    OrderFirst,
    OrderLast,
    Description,
}

internal sealed record EditPolicy(int Instance, int Policy, PolicyEdit What, int ExpiresInDays) : Operation(Instance);

/// <summary>One place in the order of policies; refused at its end.</summary>
internal sealed record MovePolicy(int Instance, int Policy, bool Increase) : Operation(Instance);

internal sealed record DeletePolicy(int Instance, int Policy) : Operation(Instance);

internal sealed record Deploy(int Instance, int Policy, int[] Collections) : Operation(Instance);

internal sealed record EndDeployment(int Instance, int Deployment) : Operation(Instance);

/// <param name="Device">Of those that are in use and not blocked.</param>
/// <param name="Inventory">Null when it is as it was.</param>
internal sealed record CheckIn(int Instance, int Device, Line? Inventory) : Operation(Instance);

/// <summary>What one device says of its agent and of a policy that it fetched; numbers into small catalogues.</summary>
/// <param name="Device">Of those that have checked in once.</param>
/// <param name="About">Of what it fetched, counted from the newest; beyond them, a revision that it never fetched, or nothing.</param>
internal sealed record Said(int Device, int About, bool Succeeded, int Agent, int Clock);

/// <summary>Devices put one message with all of this into the queue.</summary>
internal sealed record SendReports(int Instance, Said[] Reports) : Operation(Instance);

internal sealed record StartRollUp(int Instance) : Operation(Instance);

/// <param name="DiesAfter">It dies after so many storage requests; null when it doesn't.</param>
internal sealed record Reconcile(int Instance, int? DiesAfter) : Operation(Instance);

internal sealed record Wait(int Instance, int HowLong) : Operation(Instance);

/// <summary>One of the messages that are under way is delivered.</summary>
/// <param name="KeepsCopy">It will come once more.</param>
/// <param name="DiesAfter">Its function dies after so many storage requests and the message comes again; null when it doesn't.</param>
/// <param name="At">Before the function's storage request of this number, <paramref name="Meanwhile"/> happens at the other instance.</param>
internal sealed record Deliver(
    int Instance, int Message, bool KeepsCopy, int? DiesAfter, int At, [property: JsonIgnore] Operation? Meanwhile) : Operation(Instance);

/// <summary>Every message that is under way is delivered once, in some order, and those that they bring; all to one instance.</summary>
internal sealed record DeliverAll(int Instance, int[] Order) : Operation(Instance);

/// <summary>A whole case.</summary>
/// <param name="SnapshotSeconds">How long each instance remembers policies, deployments and rules.</param>
/// <param name="LastOrder">The order in which what is left is delivered at the end.</param>
internal sealed record Case(int SnapshotSeconds, Operation[] Operations, int[] LastOrder)
{
    private static readonly Gen<int> Any = Gen.Int[0, 839]; // divisible by all small numbers
    private static readonly Gen<int> Instance = Gen.Int[0, 1];
    private static readonly Gen<int> Device = Gen.Int[0, ModelSite.DeviceCount - 1];
    private static readonly Gen<Line> AnyLine = Gen.Select(Device, Any, Any, Gen.Int[0, 7], (d, s, n, t) => new Line(d, s, n, t));
    private static readonly Gen<int[]> SomeRules = Any.Array[0, 2];

    private static readonly Gen<Said> AnySaid = Gen.Select(Any, Gen.Frequency((6, Gen.Const(0)), (3, Gen.Int[1, 3]), (2, Gen.Int[4, 5])),
        Gen.Bool, Any, Any, (d, about, ok, agent, clock) => new Said(d, about, ok, agent, clock));

    private static readonly Gen<Operation> Importing = Of(Instance, AnyLine.Array[1, 6], (i, lines) => new Import(i, lines));

    private static readonly Gen<Referring?> SomeReferences = Gen.Frequency((2, Gen.Const((Referring?)null)), (3, Gen.Select(
        Any.Array[0, 2], Any.Array[0, 1], Gen.Frequency((2, Gen.Const((int?)null)), (1, Any.Select(n => (int?)n))),
        (include, exclude, limit) => (Referring?)new Referring(include, exclude, limit))));

    private static readonly Gen<Operation> CreatingCollection = Gen.Select(Instance, SomeRules, SomeReferences, Gen.Frequency((3, false), (1, true)),
        (i, rules, to, client) => (Operation)new CreateCollection(i, rules, to, client));

    private static readonly Gen<int> Expiry = Gen.OneOf(0, 0, 0, 1, 10, 40);

    private static readonly Gen<Operation> CreatingPolicy = Gen.Select(Instance, Expiry, Gen.Bool, Gen.Bool,
        (i, days, workspace, samples) => (Operation)new CreatePolicy(i, days, workspace, samples));

    private static readonly Gen<Operation> Deploying = Gen.Select(Instance, Any, Any.Array[1, 2],
        (i, policy, collections) => (Operation)new Deploy(i, policy, collections));

    private static readonly Gen<Operation> CheckingIn = Gen.Select(Instance, Any, Gen.Frequency((3, Gen.Const((Line?)null)), (1, AnyLine.Select(l => (Line?)l))),
        (i, device, line) => (Operation)new CheckIn(i, device, line));

    private static readonly Gen<Operation> Upserting = Of(Instance, AnyLine, (i, line) => new Upsert(i, line));
    private static readonly Gen<Operation> DeletingDevice = Of(Instance, Device, (i, device) => new DeleteDevice(i, device));

    private static readonly Gen<Operation> Retiring = Of(Instance, Device, (i, device) => new Retire(i, device));
    private static readonly Gen<Operation> Reinstating = Of(Instance, Device, (i, device) => new Reinstate(i, device));

    private static readonly Gen<Operation> Replacing = Gen.Select(Instance, Device, Device, Gen.Bool,
        (i, device, old, fresh) => (Operation)new Enroll(i, device, fresh, old));

    private static readonly Gen<Operation> ChangingMembers = Gen.Select(Instance, Any, Device.Array[1, 4], Gen.Frequency((2, true), (1, false)),
        (i, collection, devices, add) => (Operation)new ChangeMembers(i, collection, devices, add));

    private static readonly Gen<Operation> EditingCollection = Gen.Select(Instance, Any, SomeRules, SomeReferences, Gen.Frequency((1, Gen.Const((bool?)null)), (1, Gen.Bool.Select(b => (bool?)b))),
        (i, collection, rules, to, client) => (Operation)new EditCollection(i, collection, rules, to, client));

    private static readonly Gen<Operation> DeletingCollection = Of(Instance, Any, (i, collection) => new DeleteCollection(i, collection));

    private static readonly Gen<Operation> EditingPolicy = Gen.Select(Instance, Any, Gen.Enum<PolicyEdit>(), Gen.OneOf(1, 10, 40),
        (i, policy, what, days) => (Operation)new EditPolicy(i, policy, what, days));

    private static readonly Gen<Operation> MovingPolicy = Gen.Select(Instance, Any, Gen.Bool,
        (i, policy, increase) => (Operation)new MovePolicy(i, policy, increase));

    private static readonly Gen<Operation> EndingDeployment = Of(Instance, Any, (i, deployment) => new EndDeployment(i, deployment));
    private static readonly Gen<Operation> Reporting = Of(Instance, AnySaid.Array[1, 4], (i, reports) => new SendReports(i, reports));

    private static readonly Gen<Operation> AnyMeanwhile = Gen.Frequency(
        (3, Importing), (3, Upserting), (2, DeletingDevice), (2, ChangingMembers), (3, CheckingIn), (1, EditingCollection),
        (1, CreatingCollection), (1, DeletingCollection), (1, EndingDeployment), (1, EditingPolicy), (1, MovingPolicy), (1, Retiring), (1, Reinstating), (1, Replacing));

    private static readonly Gen<Operation> Delivering = Gen.Frequency(
        (4, Gen.Select(Instance, Any, Gen.Bool, (i, message, copy) => (Operation)new Deliver(i, message, copy, null, 0, null))),
        (2, Gen.Select(Instance, Any, Gen.Int[0, 12], (i, message, dies) => (Operation)new Deliver(i, message, false, dies, 0, null))),
        (2, Gen.Select(Instance, Any, Gen.Bool, Gen.Int[0, 6], AnyMeanwhile,
            (i, message, copy, at, meanwhile) => (Operation)new Deliver(i, message, copy, null, at, meanwhile))));

    private static readonly Gen<Operation> AnyOperation = Gen.Frequency(
        (22, Delivering), (5, Of(Instance, Any.Array[5], (i, order) => new DeliverAll(i, order))),
        (15, CheckingIn), (18, Reporting), (6, Of(Instance, Any, (i, n) => new Wait(i, n))),
        (5, Importing), (5, Upserting), (2, DeletingDevice), (6, ChangingMembers),
        (2, CreatingCollection), (4, EditingCollection), (1, DeletingCollection),
        (1, CreatingPolicy), (3, EditingPolicy), (3, MovingPolicy), (1, Of(Instance, Any, (i, policy) => new DeletePolicy(i, policy))),
        (2, Deploying), (1, EndingDeployment),
        (1, Gen.Select(Instance, Device, Gen.Bool, (i, device, fresh) => (Operation)new Enroll(i, device, fresh, null))),
        (2, Retiring), (2, Reinstating), (2, Replacing),
        (2, Gen.Select(Instance, Device, Gen.Bool, (i, device, blocked) => (Operation)new Block(i, device, blocked))),
        (3, Instance.Select(i => (Operation)new StartRollUp(i))),
        (2, Of(Instance, Gen.Int[0, 20], (i, dies) => new Reconcile(i, dies < 10 ? dies : null))));

    /// <summary>Something to act on first, then anything.</summary>
    public static Gen<Case> Generator { get; } = Gen.Select(
        Gen.OneOf(0, 30, 30), Gen.Select(Importing, CreatingCollection, CreatingCollection, CreatingPolicy, CreatingPolicy, Deploying),
        AnyOperation.Array[40, 90], Any.Array[20],
        (seconds, first, then, last) => new Case(seconds,
            [first.Item1, first.Item2, first.Item3, first.Item4, first.Item5, first.Item6, .. then], last));

    public override string ToString() =>
        $"snapshots: {SnapshotSeconds} s\n{string.Join('\n', Operations.Select((o, i) => $"{i,3} {o}"))}";

    private static Gen<Operation> Of<T1, T2>(Gen<T1> first, Gen<T2> second, Func<T1, T2, Operation> make) => Gen.Select(first, second, make);
}
