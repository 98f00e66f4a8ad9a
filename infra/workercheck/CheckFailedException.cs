namespace Atp.WorkerCheck;

/// <summary>The published folder isn't what it must be; the message says in what.</summary>
internal sealed class CheckFailedException(string message) : Exception(message);
