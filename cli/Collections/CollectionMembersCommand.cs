using System.CommandLine;
using Atp.Cli.Client;
using Atp.Cli.Output;

namespace Atp.Cli.Collections;

internal static class CollectionMembersCommand
{
    public const int PageSize = 1000;

    /// <summary>What a list says of a member.</summary>
    public static readonly IReadOnlyList<Column<MemberAnswer>> Columns =
    [
        new("Device id", member => member.DeviceId) { IsWhole = true },
        new("Build", member => member.OperatingSystem?.Build),
        new("Product type", member => member.OperatingSystem?.ProductType),
        new("Sku", member => member.OperatingSystem?.Sku),
        new("Onboarded to", member => member.OnboardedTo),
    ];

    public static Command Create(Terminal terminal)
    {
        var server = new ServerOptions();
        var id = CommonOptions.CollectionId(server);
        var top = CommonOptions.Top();
        var command = new Command("members", "List the members of a collection, however they came to be members") { id, top };
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var most = parse.GetValue(top);
            await server.Answers(terminal, parse).ListAsync(
                server.Connect(parse).ListMembersAsync(parse.GetRequiredValue(id), Math.Min(most + 1, PageSize), ct), Columns, most, null, ct);
        });
        return command;
    }
}
