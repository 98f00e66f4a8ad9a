namespace Atp.Cli;

/// <summary>The command can't go on; the message says what is wrong and what to do. Exit code 1.</summary>
public sealed class CommandException(string message, Exception? inner = null) : Exception(message, inner);
