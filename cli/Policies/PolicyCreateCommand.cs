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
        var kind = new Option<string>("--kind") { Description = "What the file does", DefaultValueFactory = _ => "Onboarding" };
        kind.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, "Onboarding", "Offboarding");
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
        var samples = new Option<string?>("--file-samples") { Description = "Which file samples are collected" };
        samples.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, "None", "AllFileTypes");
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
                    parse.GetRequiredValue(name), parse.GetRequiredValue(description), Canonical(parse.GetRequiredValue(kind))!,
                    package.Name, await File.ReadAllBytesAsync(package.FullName, ct), workspaceId, key,
                    Canonical(parse.GetValue(samples))),
                ct);
            server.Answers(terminal, parse).One(policy, PolicyListCommand.Columns, () =>
            {
                terminal.Say($"Created policy {policy.Id}");
                PolicyShowCommand.Show(terminal, policy);
            });
        });
        return command;
    }

    /// <summary>The service's spelling of what was given in any case.</summary>
    private static string? Canonical(string? text) => text?.ToUpperInvariant() switch
    {
        "ONBOARDING" => "Onboarding",
        "OFFBOARDING" => "Offboarding",
        "NONE" => "None",
        "ALLFILETYPES" => "AllFileTypes",
        _ => null,
    };
}
