using System.CommandLine;
using Atp.Cli.Client;
using Atp.Cli.Output;

namespace Atp.Cli.Policies;

internal static class PolicyListCommand
{
    /// <summary>What a list says of a policy.</summary>
    public static readonly IReadOnlyList<Column<PolicyAnswer>> Columns =
    [
        new("Order", policy => policy.Order),
        new("Name", policy => policy.Name),
        new("Kind", policy => policy.Kind),
        new("Revision", policy => policy.Revision),
        new("Days left", policy => policy.DaysLeft),
        new("Id", policy => policy.Id) { IsWhole = true },
        new("Description", policy => policy.Description) { InTable = false },
        new("File name", policy => policy.ConfigurationFile?.FileName) { InTable = false },
        new("Sha256", policy => policy.ConfigurationFile?.Sha256) { InTable = false },
        new("Org id", policy => policy.ConfigurationFile?.OrgId) { InTable = false },
        new("Expires at", policy => policy.ConfigurationFile?.ExpiresAt) { InTable = false },
        new("Workspace id", policy => policy.Workspace?.Id) { InTable = false },
        new("Workspace key set", policy => policy.Workspace?.KeySet) { InTable = false },
        new("File samples", policy => policy.FileSamples) { InTable = false },
        new("Warnings", policy => policy.Warnings) { InTable = false },
    ];

    private static readonly IReadOnlyList<Column<PolicyAnswer>> DeletedColumns =
    [
        new("Name", policy => policy.Name),
        new("Kind", policy => policy.Kind),
        new("Deleted at", policy => policy.DeletedAt),
        new("Recoverable until", policy => policy.RecoverableUntil),
        new("Id", policy => policy.Id) { IsWhole = true },
    ];

    public static Command Create(Terminal terminal)
    {
        var deleted = new Option<bool>("--deleted") { Description = "Those that are deleted and can be recovered, the last deleted first" };
        var top = CommonOptions.Top();
        var command = new Command("list", "List policies, the one that wins first") { deleted, top };
        var server = new ServerOptions();
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var client = server.Connect(parse);
            await (parse.GetValue(deleted)
                ? server.Answers(terminal, parse).ListAsync(client.ListDeletedPoliciesAsync(ct), DeletedColumns, parse.GetValue(top), null, ct)
                : server.Answers(terminal, parse).ListAsync(InOrder(client, ct), Columns, parse.GetValue(top), null, ct));
        });
        return command;
    }

    /// <summary>The one that wins first.</summary>
    public static IAsyncEnumerable<PolicyAnswer> InOrder(AtpClient client, CancellationToken ct) =>
        client.ListPoliciesAsync(ct).OrderBy(policy => policy.Order);
}
