using System.CommandLine;
using Atp.Cli.Client;
using Atp.Cli.Output;

namespace Atp.Cli;

/// <summary>Which server a command talks to, with which token, and in which form it answers.</summary>
public sealed class ServerOptions
{
    public const string ServerVariable = "ATP_SERVER";
    public const string TokenVariable = "ATP_TOKEN";
    internal static readonly Uri DefaultServer = new("http://127.0.0.1:7071");

    /// <summary>A large import is answered when its last row is stored.</summary>
    private static readonly TimeSpan LongestCall = TimeSpan.FromMinutes(10);

    private readonly Option<Uri?> server = new("--server")
    {
        Description = $"The service's root. Default: {ServerVariable}, the running local stack, or {DefaultServer}",
        CustomParser = result => ParseServer(result.Tokens[0].Value, result.AddError),
    };

    private readonly Option<FileInfo?> tokenFile = new("--token-file")
    {
        Description = $"A file with an access token. Default: {TokenVariable}, or one from the running local stack",
    };

    private readonly OutputOption output = new();

    private readonly Option<DirectoryInfo> data = DataOption();

    /// <summary>The local stack's folder.</summary>
    public static Option<DirectoryInfo> DataOption() => new("--data")
    {
        Description = "The local stack's folder",
        DefaultValueFactory = _ => new DirectoryInfo(".atp"),
    };

    /// <param name="command">Gets the options.</param>
    /// <param name="answers">False for one that has an <c>--output</c> of its own.</param>
    public void AddTo(Command command, bool answers = true)
    {
        command.Add(server);
        command.Add(tokenFile);
        command.Add(data);
        if (answers)
        {
            output.AddTo(command);
        }
    }

    /// <summary>How the command answers.</summary>
    internal Answers Answers(Terminal terminal, ParseResult parse) => output.Answers(terminal, parse);

    /// <exception cref="CommandException">When no token can be had.</exception>
    public AtpClient Connect(ParseResult parse)
    {
        var http = NewHttpClient();
        var local = Connection.Find(DataFolder(parse));
        var root = FindServer(parse, local);
        return new AtpClient(http, root, FindToken(parse, local, root, http));
    }

    /// <summary>
    /// A client that bears a server which is restarted meanwhile; a local stack that comes back elsewhere, with other tokens, is found again.
    /// </summary>
    /// <param name="client">What to ask first.</param>
    /// <param name="parse">The command line.</param>
    /// <param name="patience">How long the server may be away at a time.</param>
    /// <param name="note">Told what is waited for; null when it isn't any more.</param>
    internal EnduringClient Enduring(AtpClient client, ParseResult parse, TimeSpan patience, Action<string?> note) =>
        new(client, () => Reconnect(parse, client.Server), patience, note);

    private AtpClient Reconnect(ParseResult parse, Uri before)
    {
        var client = Connect(parse);
        return client.Server == before || Connection.Find(DataFolder(parse)) is not null
            ? client
            : throw new NoAnswerException("No local stack runs there any more."); // and its token is for no other server
    }

    /// <summary>The local stack's, whether it is there or not.</summary>
    internal string DataFolder(ParseResult parse) => parse.GetRequiredValue(data).FullName;

    /// <summary>The server alone, for calls that carry a device's credential.</summary>
    public Uri FindServer(ParseResult parse) => FindServer(parse, Connection.Find(DataFolder(parse)));

    public static HttpClient NewHttpClient() => new(new PatientHandler(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5) }))
    {
        Timeout = LongestCall,
    };

    private Uri FindServer(ParseResult parse, Connection? local)
    {
        var fromEnvironment = Environment.GetEnvironmentVariable(ServerVariable);
        return parse.GetValue(server)
            ?? (string.IsNullOrEmpty(fromEnvironment) ? null : ParseServer(fromEnvironment, Refuse))
            ?? local?.Server
            ?? DefaultServer;
    }

    private TokenSource FindToken(ParseResult parse, Connection? local, Uri root, HttpClient http)
    {
        if (parse.GetValue(tokenFile) is { } file)
        {
            return file.Exists
                ? TokenSource.Given(File.ReadAllText(file.FullName).Trim(), http, TimeProvider.System)
                : throw new CommandException($"There is no token file {file.FullName}.");
        }

        if (Environment.GetEnvironmentVariable(TokenVariable) is { Length: > 0 } token)
        {
            return TokenSource.Given(token.Trim(), http, TimeProvider.System);
        }

        // The local stack's tokens are for its own server; another one has no use for them.
        return local is not null && local.Server == root
            ? TokenSource.Of(local, http, TimeProvider.System)
            : throw new CommandException(
                $"There is no token for {root}. Give one with --token-file or {TokenVariable}, or start a local stack with `atp up`.");
    }

    private static Uri? ParseServer(string text, Action<string> refuse)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out var uri) && (uri.Scheme == "http" || uri.Scheme == "https"))
        {
            return uri;
        }

        refuse($"'{text}' is no server address. Example: {DefaultServer}");
        return null;
    }

    private static void Refuse(string message) => throw new CommandException($"{ServerVariable}: {message}");
}
