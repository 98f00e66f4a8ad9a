using System.CommandLine;
using Atp.Cli.Client;

namespace Atp.Cli.Collections;

internal static class CollectionCreateCommand
{
    private static readonly TimeSpan LongestEvaluation = TimeSpan.FromMinutes(15);

    public static Command Create(Terminal terminal)
    {
        var name = new Option<string>("--name") { Description = "The collection's name", Required = true };
        var description = new Option<string>("--description") { Description = "What it is for", DefaultValueFactory = _ => "" };
        var operatingSystem = new Option<string?>("--os") { Description = "Query: pattern for the operating system, e.g. \"Windows 10*\"" };
        var namePattern = new Option<string?>("--name-pattern") { Description = "Query: pattern for the computer's name, e.g. \"HR-*\"" };
        var tag = new Option<string?>("--tag") { Description = "Query: a tag that the device has. All conditions given must hold" };
        var wait = new Option<bool>("--wait") { Description = "End when the query was applied to every device" };
        var command = new Command("create", "Create a collection, with a query rule or for direct members")
        {
            name, description, operatingSystem, namePattern, tag, wait,
        };
        var server = new ServerOptions();
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var client = server.Connect(parse);
            var rule = new RuleBody(parse.GetValue(operatingSystem), parse.GetValue(namePattern), parse.GetValue(tag));
            var collection = await client.CreateCollectionAsync(
                parse.GetRequiredValue(name), parse.GetRequiredValue(description),
                rule == new RuleBody(null, null, null) ? [] : [rule], ct);
            if (parse.GetValue(wait))
            {
                collection = await client.WaitUntilEvaluatedAsync(collection.Id, _ => { }, LongestEvaluation, ct);
            }

            if (server.IsJson(parse))
            {
                terminal.SayJson(collection);
            }
            else
            {
                terminal.Say($"Created collection {collection.Id}");
                CollectionShowCommand.Show(terminal, collection);
            }
        });
        return command;
    }
}
