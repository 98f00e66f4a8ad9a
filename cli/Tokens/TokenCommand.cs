using System.CommandLine;

namespace Atp.Cli.Tokens;

internal static class TokenCommand
{
    public static Command Create(Terminal terminal)
    {
        var command = new Command("token", "Print an access token from the running local stack, e.g. for curl");
        var server = new ServerOptions();
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var token = await server.Connect(parse).TokenAsync(ct);
            server.Answers(terminal, parse).One(new { token }, [new("Token", answer => answer.token)], () => terminal.Say(token));
        });
        return command;
    }
}
