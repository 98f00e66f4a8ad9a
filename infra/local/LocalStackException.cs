namespace Atp.Local;

/// <summary>A part of the local stack couldn't start. The message is one line for people: which part, why,
/// and what to do about it.</summary>
public sealed class LocalStackException : Exception
{
    public LocalStackException(string part, string why, string whatToDo, Exception? inner = null)
        : base($"{part} could not start: {OneLine(why)}. {whatToDo}", inner)
    {
        Part = part;
    }

    /// <summary>The part as people call it: Azurite, the Key Vault emulator, the token issuer, the local stack.</summary>
    public string Part { get; }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Trim().TrimEnd('.');
}
