using System.CommandLine;
using Atp.Cli.Client;

namespace Atp.Cli.Collections;

/// <summary>What a collection is made of, as options of <c>create</c> and <c>update</c>.</summary>
internal sealed class CollectionOptions
{
    private static readonly TimeSpan LongestEvaluation = TimeSpan.FromMinutes(15);

    private readonly Option<string?> name;
    private readonly Option<string?> description = new("--description") { Description = "What it is for" };
    private readonly Option<string?> operatingSystem = new("--os") { Description = "Query: pattern for the operating system, e.g. \"Windows 10*\"" };
    private readonly Option<string?> namePattern = new("--name-pattern") { Description = "Query: pattern for the computer's name, e.g. \"HR-*\"" };
    private readonly Option<string?> tag = new("--tag") { Description = "Query: a tag that the device has. All conditions given must hold" };
    private readonly Option<string[]> include = References("--include", "Collections whose members are members too");
    private readonly Option<string[]> exclude = References("--exclude", "Collections whose members are no members, whatever else says so");
    private readonly Option<string?> limitTo = new("--limit-to") { Description = "Only members of this collection can be members; \"\" for none" };
    private readonly Option<string?> agent = OptionRules.OneOf(
        "--agent", "Client setting for Windows Server 2012 R2 and 2016: MonitoringAgent (with the workspace) or DefenderClient (with the file)",
        "MonitoringAgent", "DefenderClient");

    private readonly Option<bool> wait = new("--wait") { Description = "End when the rules were applied to every device" };

    /// <param name="command">Gets the options.</param>
    /// <param name="needsName">Whether there is none without a name.</param>
    public CollectionOptions(Command command, bool needsName)
    {
        name = new Option<string?>("--name") { Description = "The collection's name", Required = needsName };
        foreach (var option in new Option[] { name, description, operatingSystem, namePattern, tag, include, exclude, limitTo, agent, wait })
        {
            command.Add(option);
        }
    }

    /// <summary>What was given; a query is one rule, in place of those that were there.</summary>
    public CollectionBody Read(ParseResult parse)
    {
        var rule = new RuleBody(parse.GetValue(operatingSystem), parse.GetValue(namePattern), parse.GetValue(tag));
        return new CollectionBody
        {
            Name = parse.GetValue(name),
            Description = parse.GetValue(description),
            Rules = rule == new RuleBody(null, null, null) ? null : [rule],
            IncludeCollectionIds = Given(parse, include),
            ExcludeCollectionIds = Given(parse, exclude),
            LimitingCollectionId = parse.GetValue(limitTo),
            DownLevelAgent = parse.GetValue(agent),
        };
    }

    /// <summary>The collection as it is, or once it is evaluated when that was asked for.</summary>
    public Task<CollectionAnswer> WaitAsync(ParseResult parse, AtpClient client, CollectionAnswer collection, CancellationToken ct) => parse.GetValue(wait)
        ? client.WaitUntilEvaluatedAsync(collection.Id, _ => { }, LongestEvaluation, ct)
        : Task.FromResult(collection);

    private static Option<string[]> References(string name, string description) => new(name)
    {
        Description = $"{description}: their ids; without one, none",
        Arity = ArgumentArity.ZeroOrMore,
        AllowMultipleArgumentsPerToken = true,
    };

    /// <summary>Null when the option isn't there at all: then what is stored stays.</summary>
    private static string[]? Given(ParseResult parse, Option<string[]> option) => parse.GetResult(option) is { Implicit: false } ? parse.GetValue(option) ?? [] : null;
}
