using System.CommandLine;
using Atp.Cli.Deployments;

namespace Atp.Cli.Policies;

internal static class PolicyOrderCommand
{
    public static Command Create(Terminal terminal)
    {
        var server = new ServerOptions();
        var id = CommonOptions.PolicyId(server);
        var increase = new Option<bool>("--increase") { Description = "One place better: it wins over the policy before it" };
        var decrease = new Option<bool>("--decrease") { Description = "One place worse" };
        var preview = new Option<bool>("--preview") { Description = "Only show what it would change for which devices" };
        var revision = CommonOptions.IfMatch();
        var command = new Command("order", "Move a policy one place in the order") { id, increase, decrease, preview, revision };
        command.Validators.Add(result =>
        {
            if (result.GetValue(increase) == result.GetValue(decrease))
            {
                result.AddError("Say either --increase or --decrease.");
            }
        });
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var client = server.Connect(parse);
            var (policyId, move) = (parse.GetRequiredValue(id), parse.GetValue(increase) ? "Increase" : "Decrease");
            if (parse.GetValue(preview))
            {
                PreviewTables.Show(server.Answers(terminal, parse), terminal, await client.PreviewMoveAsync(policyId, move, ct));
                return;
            }

            var policy = await client.MovePolicyAsync(
                policyId, parse.GetValue(revision) ?? (await client.GetPolicyAsync(policyId, ct)).Revision, move, ct);
            server.Answers(terminal, parse).One(policy, PolicyListCommand.Columns, () => terminal.Say($"{policy.Name} has order {policy.Order}"));
        });
        return command;
    }
}
