using System.CommandLine;
using Atp.Cli.Client;

namespace Atp.Cli.Policies;

/// <summary>The Workspace key has no option: a command line is seen by everybody on the machine and kept in the shell's history.</summary>
internal static class PolicyCreateCommand
{
    public static Command Create(Terminal terminal)
    {
        var name = new Option<string>("--name") { Description = "The policy's name", Required = true };
        var description = new Option<string>("--description") { Description = "What it is for", DefaultValueFactory = _ => "" };
        var kind = OptionRules.OneOfOrFirst("--kind", "What the file does", "Onboarding", "Offboarding");
        var file = new Option<FileInfo>("--file")
        {
            Description = "The configuration package (.zip) as downloaded, or the file in it",
            Required = true,
        };
        file.AcceptExistingOnly();
        var workspace = new Option<string?>("--workspace-id")
        {
            Description = "For down-level devices. The key is then asked for, or read as one line of standard input",
        };
        var samples = PolicyUpdateCommand.FileSamplesOption();
        var command = new Command("create", "Create a policy") { name, description, kind, file, workspace, samples };
        var server = new ServerOptions();
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var client = server.Connect(parse);
            var package = parse.GetRequiredValue(file);
            var workspaceId = parse.GetValue(workspace);
            var key = workspaceId is null ? null : await terminal.ReadSecretAsync("Workspace key:", ct);
            var policy = await client.CreatePolicyAsync(
                new NewPolicy(
                    parse.GetRequiredValue(name), parse.GetRequiredValue(description), parse.GetRequiredValue(kind)!,
                    package.Name, await File.ReadAllBytesAsync(package.FullName, ct), workspaceId, key,
                    parse.GetValue(samples)),
                ct);
            server.Answers(terminal, parse).One(policy, PolicyListCommand.Columns, () =>
            {
                terminal.Say($"Created policy {policy.Id}");
                PolicyShowCommand.Show(terminal, policy);
            });
        });
        return command;
    }
}
