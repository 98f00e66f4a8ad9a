using System.CommandLine;
using Atp.Cli.Client;

namespace Atp.Cli.Policies;

internal static class PolicyUpdateCommand
{
    private static readonly PolicyEdit Nothing = new(null, null, null, null, null, null, false, null);

    public static Command Create(Terminal terminal)
    {
        var server = new ServerOptions();
        var id = CommonOptions.PolicyId(server);
        var name = new Option<string?>("--name") { Description = "The policy's name" };
        var description = new Option<string?>("--description") { Description = "What it is for" };
        var file = new Option<FileInfo>("--file") { Description = "The configuration package (.zip) as downloaded, or the file in it" };
        file.AcceptExistingOnly();
        var workspace = new Option<string?>("--workspace-id")
        {
            Description = "For down-level devices. The key is then asked for, or read as one line of standard input",
        };
        var newKey = new Option<bool>("--new-workspace-key") { Description = "Another key of the same workspace, which is asked for in the same way" };
        var noWorkspace = new Option<bool>("--no-workspace") { Description = "Take the workspace away" };
        var samples = FileSamplesOption();
        var revision = CommonOptions.IfMatch();
        var command = new Command("update", "Change a policy; what isn't given stays as it is. Devices follow at their next check-in")
        {
            id, name, description, file, workspace, newKey, noWorkspace, samples, revision,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(noWorkspace) && (result.GetValue(newKey) || result.GetValue(workspace) is not null))
            {
                result.AddError("Give a workspace or --no-workspace, not both.");
            }
        });
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var package = parse.GetValue(file);
            var workspaceId = parse.GetValue(workspace);
            var edit = new PolicyEdit(
                parse.GetValue(name), parse.GetValue(description), package?.Name,
                package is null ? null : await File.ReadAllBytesAsync(package.FullName, ct), workspaceId,
                workspaceId is null && !parse.GetValue(newKey) ? null : await terminal.ReadSecretAsync("Workspace key:", ct),
                parse.GetValue(noWorkspace), parse.GetValue(samples));
            if (edit == Nothing)
            {
                throw new CommandException("Nothing to change was given. `atp policy update --help` says what there is.");
            }

            var client = server.Connect(parse);
            var policyId = parse.GetRequiredValue(id);
            var from = parse.GetValue(revision) ?? (await client.GetPolicyAsync(policyId, ct)).Revision;
            var policy = await client.UpdatePolicyAsync(policyId, from, edit, ct);
            server.Answers(terminal, parse).One(policy, PolicyListCommand.Columns, () => PolicyShowCommand.Show(terminal, policy));
        });
        return command;
    }

    public static Option<string?> FileSamplesOption() => OptionRules.OneOf("--file-samples", "Which file samples are collected", "None", "AllFileTypes");
}
