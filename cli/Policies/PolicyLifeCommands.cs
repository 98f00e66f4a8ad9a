using System.CommandLine;
using Atp.Cli.Client;

namespace Atp.Cli.Policies;

internal static class PolicyLifeCommands
{
    public static Command Delete(Terminal terminal)
    {
        var (server, confirmation, revision) = (new ServerOptions(), new Confirmation(), CommonOptions.IfMatch());
        var id = CommonOptions.PolicyId(server);
        var command = new Command("delete", "Delete a policy that no deployment in force uses; it can be recovered for some days") { id, revision };
        confirmation.AddTo(command);
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var client = server.Connect(parse);
            var policy = await client.GetPolicyAsync(parse.GetRequiredValue(id), ct);
            await confirmation.AskAsync(terminal, parse, $"Policy {policy.Name} will be deleted. It can be recovered for some days.", ct);
            await client.DeletePolicyAsync(policy.Id, parse.GetValue(revision) ?? policy.Revision, ct);
            var deleted = await client.ListDeletedPoliciesAsync(ct).FirstOrDefaultAsync(p => p.Id == policy.Id, ct)
                ?? throw new CommandException($"Policy {policy.Id} is deleted, and somebody has recovered it already.");
            server.Answers(terminal, parse).One(deleted, PolicyListCommand.Columns, () => terminal.Say(
                $"{deleted.Name} is deleted. `atp policy recover {deleted.Id}` brings it back until {deleted.RecoverableUntil:u}."));
        });
        return command;
    }

    /// <summary>One that is in use is recovered too: it stays as it is, and what a recovery that stopped half way left is finished.</summary>
    public static Command Recover(Terminal terminal)
    {
        var (server, revision) = (new ServerOptions(), CommonOptions.IfMatch());
        var id = new Argument<string>("id") { Description = "The policy's id" };
        var command = new Command("recover", "Bring a deleted policy back as it was, at the end of the order") { id, revision };
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var client = server.Connect(parse);
            var policyId = parse.GetRequiredValue(id);
            var from = parse.GetValue(revision)
                ?? (await client.ListDeletedPoliciesAsync(ct).FirstOrDefaultAsync(p => p.Id == policyId, ct) ?? await client.GetPolicyAsync(policyId, ct)).Revision;
            var policy = await client.RecoverPolicyAsync(policyId, from, ct);
            server.Answers(terminal, parse).One(
                policy, PolicyListCommand.Columns, () => terminal.Say($"{policy.Name} is in use again, with order {policy.Order}."));
        });
        return command;
    }
}
