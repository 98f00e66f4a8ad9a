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
            if (server.IsJson(parse))
            {
                terminal.SayJson(new { token });
            }
            else
            {
                terminal.Say(token);
            }
        });
        return command;
    }
}
