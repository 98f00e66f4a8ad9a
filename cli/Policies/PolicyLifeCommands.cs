using System.CommandLine;
using Atp.Cli.Client;

namespace Atp.Cli.Policies;

internal static class PolicyLifeCommands
{
    public static Command Delete(Terminal terminal) => Create(
        terminal, "delete", "Delete a policy that no deployment in force uses; it can be recovered for some days", async (client, id, ct) =>
        {
            await client.DeletePolicyAsync(id, (await client.GetPolicyAsync(id, ct)).Revision, ct);
            return await client.ListDeletedPoliciesAsync(ct).FirstOrDefaultAsync(p => p.Id == id, ct)
                ?? throw new CommandException($"Policy {id} is deleted, and somebody has recovered it already.");
        },
        policy => $"{policy.Name} is deleted. `atp policy recover {policy.Id}` brings it back until {policy.RecoverableUntil:u}.");

    /// <summary>One that is in use is recovered too: it stays as it is, and what a recovery that stopped half way left is finished.</summary>
    public static Command Recover(Terminal terminal) => Create(
        terminal, "recover", "Bring a deleted policy back as it was, at the end of the order", async (client, id, ct) =>
        {
            var policy = await client.ListDeletedPoliciesAsync(ct).FirstOrDefaultAsync(p => p.Id == id, ct) ?? await client.GetPolicyAsync(id, ct);
            return await client.RecoverPolicyAsync(id, policy.Revision, ct);
        },
        policy => $"{policy.Name} is in use again, with order {policy.Order}.");

    private static Command Create(
        Terminal terminal, string name, string description, Func<AtpClient, string, CancellationToken, Task<PolicyAnswer>> act,
        Func<PolicyAnswer, string> said)
    {
        var id = new Argument<string>("id") { Description = "The policy's id" };
        var command = new Command(name, description) { id };
        var server = new ServerOptions();
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var policy = await act(server.Connect(parse), parse.GetRequiredValue(id), ct);
            server.Answers(terminal, parse).One(policy, PolicyListCommand.Columns, () => terminal.Say(said(policy)));
        });
        return command;
    }
}
