using System.CommandLine.Completions;
using Atp.Cli.Client;
using Atp.Cli.Output;

namespace Atp.Cli.Completion;

/// <summary>Completes ids with those that a server has now, if it answers fast; a person who types waits for nobody.</summary>
/// <param name="list">Ids, and what people call the thing.</param>
internal sealed class LiveIds(Func<AtpClient, CancellationToken, IAsyncEnumerable<(string Id, string Name)>> list)
{
    /// <summary>Their labels have the name behind a tab: the library drops what hasn't the word in its label.</summary>
    public const string Kind = "Id";

    private const int Most = 200;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public static LiveIds Policies { get; } = new((client, ct) => client.ListPoliciesAsync(ct).Select(policy => (policy.Id, policy.Name)));

    public static LiveIds Collections { get; } = new((client, ct) => client.ListCollectionsAsync(ct).Select(collection => (collection.Id, collection.Name)));

    public static LiveIds Deployments { get; } = new((client, ct) => client.ListDeploymentsAsync(ct).Where(deployment => deployment.EndedAt is null)
        .Select(deployment => (deployment.Id, $"of {deployment.CreatedAt:u}")));

    /// <summary>Those whose id, or name, starts as the word does.</summary>
    public IEnumerable<CompletionItem> Find(ServerOptions server, CompletionContext context)
    {
        try
        {
            using var stop = new CancellationTokenSource(Patience);
            var found = Task.Run(() => ListAsync(server, context, stop.Token), stop.Token);
            return found.Wait(Patience) ? found.Result : [];
        }
        catch (Exception)
        {
            return []; // no server, no token, no right: then there is nothing to propose, and no place to say so
        }
    }

    private async Task<List<CompletionItem>> ListAsync(ServerOptions server, CompletionContext context, CancellationToken ct) =>
        await list(server.Connect(context.ParseResult), ct)
            .Where(thing => Starts(thing.Id, context.WordToComplete) || Starts(thing.Name, context.WordToComplete)).Take(Most)
            .Select(thing => new CompletionItem($"{thing.Id}\t{Cell.ForTable(thing.Name).ReplaceLineEndings(" ")}", Kind, insertText: thing.Id)).ToListAsync(ct);

    private static bool Starts(string text, string word) => text.StartsWith(word, StringComparison.OrdinalIgnoreCase);
}
