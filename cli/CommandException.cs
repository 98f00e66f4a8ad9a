namespace Atp.Cli;

/// <summary>The command can't go on; the message says what is wrong and what to do. Exit code 1.</summary>
public class CommandException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The server, or what gives tokens for it, doesn't answer: it may be starting, and may answer later.</summary>
public sealed class NoAnswerException(string message, Exception? inner = null) : CommandException(message, inner);
