using System.CommandLine;
using System.Globalization;
using Atp.Cli.Client;
using Spectre.Console;

namespace Atp.Cli.Policies;

internal static class PolicyListCommand
{
    public static Command Create(Terminal terminal)
    {
        var deleted = new Option<bool>("--deleted") { Description = "Those that are deleted and can be recovered, the last deleted first" };
        var command = new Command("list", "List policies, the one that wins first") { deleted };
        var server = new ServerOptions();
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var client = server.Connect(parse);
            var policies = await (parse.GetValue(deleted) ? client.ListDeletedPoliciesAsync(ct) : client.ListPoliciesAsync(ct)).ToListAsync(ct);

            if (server.IsJson(parse))
            {
                terminal.SayJson(policies);
                return;
            }

            if (parse.GetValue(deleted))
            {
                ShowDeleted(terminal, policies);
                return;
            }

            var table = new Table().AddColumns("Order", "Name", "Kind", "Revision", "Id");
            foreach (var policy in policies.OrderBy(p => p.Order))
            {
                table.AddRow(
                    policy.Order.ToString(CultureInfo.InvariantCulture), Markup.Escape(policy.Name), policy.Kind,
                    policy.Revision.ToString(CultureInfo.InvariantCulture), policy.Id);
            }

            terminal.Console.Write(table);
        });
        return command;
    }

    private static void ShowDeleted(Terminal terminal, List<PolicyAnswer> policies)
    {
        var table = new Table().AddColumns("Name", "Kind", "Deleted", "Recoverable until", "Id");
        foreach (var policy in policies)
        {
            table.AddRow(
                Markup.Escape(policy.Name), policy.Kind, policy.DeletedAt?.ToString("u", CultureInfo.InvariantCulture) ?? "",
                policy.RecoverableUntil?.ToString("u", CultureInfo.InvariantCulture) ?? "", policy.Id);
        }

        terminal.Console.Write(table);
    }
}
