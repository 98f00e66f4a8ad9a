using System.CommandLine;
using System.Globalization;
using Atp.Cli.Client;
using Spectre.Console;

namespace Atp.Cli.Policies;

internal static class PolicyShowCommand
{
    public static Command Create(Terminal terminal)
    {
        var id = new Argument<string>("id") { Description = "The policy's id" };
        var command = new Command("show", "Show a policy") { id };
        var server = new ServerOptions();
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var policy = await server.Connect(parse).GetPolicyAsync(parse.GetRequiredValue(id), ct);
            server.Answers(terminal, parse).One(policy, PolicyListCommand.Columns, () => Show(terminal, policy));
        });
        return command;
    }

    public static void Show(Terminal terminal, PolicyAnswer policy)
    {
        var table = new Table().HideHeaders().AddColumns("", "");
        void Row(string label, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                table.AddRow(label, Markup.Escape(value));
            }
        }

        Row("Name", policy.Name);
        Row("Id", policy.Id);
        Row("Description", policy.Description);
        Row("Kind", policy.Kind);
        Row("Order", policy.Order.ToString(CultureInfo.InvariantCulture));
        Row("Revision", policy.Revision.ToString(CultureInfo.InvariantCulture));
        Row("File", policy.ConfigurationFile?.FileName);
        Row("SHA-256", policy.ConfigurationFile?.Sha256);
        Row("Organisation", policy.ConfigurationFile?.OrgId);
        Row("Expires", policy.ConfigurationFile?.ExpiresAt?.ToString("u", CultureInfo.InvariantCulture));
        Row("Days left", policy.DaysLeft?.ToString(CultureInfo.InvariantCulture));
        Row("Workspace", policy.Workspace is { Id: { } workspace } facts ? $"{workspace}, key {(facts.KeySet ? "set" : "missing")}" : "none");
        Row("File samples", policy.FileSamples);
        Row("Warnings", string.Join('\n', policy.Warnings));
        terminal.Console.Write(table);
    }
}
