using System.CommandLine;
using Atp.Cli.Client;
using Atp.Cli.Output;

namespace Atp.Cli.Policies;

internal static class PolicyShowCommand
{
    private static readonly IReadOnlyList<Column<PolicyRevisionAnswer>> RevisionColumns =
    [
        new("Revision", revision => revision.Revision),
        new("Created at", revision => revision.CreatedAt),
        new("Created by", revision => revision.CreatedBy),
        new("Name", revision => revision.Name),
        new("File samples", revision => revision.FileSamples),
        new("Sha256", revision => revision.ConfigurationFile?.Sha256) { InTable = false },
        new("Workspace id", revision => revision.Workspace?.Id) { InTable = false },
        new("Kind", revision => revision.Kind) { InTable = false },
        new("Description", revision => revision.Description) { InTable = false },
        new("File name", revision => revision.ConfigurationFile?.FileName) { InTable = false },
        new("Expires at", revision => revision.ConfigurationFile?.ExpiresAt) { InTable = false },
    ];

    public static Command Create(Terminal terminal)
    {
        var server = new ServerOptions();
        var id = CommonOptions.PolicyId(server);
        var revisions = new Option<bool>("--revisions") { Description = "List each revision as it was, the oldest first" };
        var command = new Command("show", "Show a policy, or its revisions") { id, revisions };
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var client = server.Connect(parse);
            if (parse.GetValue(revisions))
            {
                await server.Answers(terminal, parse).ListAsync(client.ListPolicyRevisionsAsync(parse.GetRequiredValue(id), ct), RevisionColumns, ct);
                return;
            }

            var policy = await client.GetPolicyAsync(parse.GetRequiredValue(id), ct);
            server.Answers(terminal, parse).One(policy, PolicyListCommand.Columns, () => Show(terminal, policy));
        });
        return command;
    }

    public static void Show(Terminal terminal, PolicyAnswer policy) => terminal.ShowFacts(
    [
        ("Name", policy.Name), ("Id", policy.Id), ("Description", policy.Description), ("Kind", policy.Kind), ("Order", policy.Order),
        ("Revision", policy.Revision), ("File", policy.ConfigurationFile?.FileName), ("SHA-256", policy.ConfigurationFile?.Sha256),
        ("Organisation", policy.ConfigurationFile?.OrgId), ("Expires", policy.ConfigurationFile?.ExpiresAt), ("Days left", policy.DaysLeft),
        ("Workspace", policy.Workspace is { Id: { } workspace } facts ? $"{workspace}, key {(facts.KeySet ? "set" : "missing")}" : "none"),
        ("File samples", policy.FileSamples), ("Warnings", string.Join('\n', policy.Warnings)),
    ]);
}
