using System.CommandLine;
using System.Globalization;
using Atp.Cli.Client;
using Spectre.Console;

namespace Atp.Cli.Policies;

internal static class PolicyListCommand
{
    public static Command Create(Terminal terminal)
    {
        var command = new Command("list", "List policies, the one that wins first");
        var server = new ServerOptions();
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var policies = new List<PolicyAnswer>();
            await foreach (var policy in server.Connect(parse).ListPoliciesAsync(ct))
            {
                policies.Add(policy);
            }

            if (server.IsJson(parse))
            {
                terminal.SayJson(policies);
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
}
