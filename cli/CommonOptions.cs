using System.CommandLine;
using Atp.Cli.Completion;

namespace Atp.Cli;

/// <summary>Options and arguments that several commands have: the same name, the same words and the same default for the same thing.</summary>
internal static class CommonOptions
{
    private const int DefaultTop = 1000;
    private const int MostTop = 1_000_000;

    public static Option<int> Top()
    {
        var top = new Option<int>("--top") { Description = "So many at most; `atp export` has no limit", DefaultValueFactory = _ => DefaultTop };
        top.MustBeBetween(1, MostTop);
        return top;
    }

    /// <summary>For changes that say which revision they start from.</summary>
    public static Option<int?> IfMatch()
    {
        var revision = new Option<int?>("--if-match") { Description = "The revision that you looked at: refused if there is another one now. Default: the newest" };
        revision.MustBeBetween(1, int.MaxValue);
        return revision;
    }

    public static Option<string?> From(string start) => new("--from") { Description = $"From this time on, UTC, e.g. 2026-01-31T12:00Z. Default: {start}" };

    public static Option<string?> To() => new("--to") { Description = "Before this time. Default: now" };

    public static Argument<string> PolicyId(ServerOptions server) => Completed(new Argument<string>("id") { Description = "The policy's id" }, LiveIds.Policies, server);

    public static Argument<string> CollectionId(ServerOptions server) =>
        Completed(new Argument<string>("id") { Description = "The collection's id" }, LiveIds.Collections, server);

    public static Argument<string> DeploymentId(ServerOptions server) =>
        Completed(new Argument<string>("id") { Description = "The deployment's id" }, LiveIds.Deployments, server);

    public static Argument<string> DeviceId() => new("id") { Description = "The device's id" };

    private static Argument<string> Completed(Argument<string> argument, LiveIds ids, ServerOptions server)
    {
        argument.CompletionSources.Add(context => ids.Find(server, context));
        return argument;
    }
}
