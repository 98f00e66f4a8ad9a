namespace Atp.Cli.Doctor;

internal enum FindingLevel
{
    Ok,

    /// <summary>It works, but somebody should look.</summary>
    Warning,

    /// <summary>Something doesn't work.</summary>
    Fault,
}

/// <summary>What one look came to.</summary>
/// <param name="Check">What was looked at.</param>
/// <param name="Level">How bad it is.</param>
/// <param name="Detail">How it is; never a secret.</param>
/// <param name="WhatToDo">Null when there is nothing to do.</param>
internal sealed record Finding(string Check, FindingLevel Level, string Detail, string? WhatToDo = null)
{
    public static Finding Ok(string check, string detail) => new(check, FindingLevel.Ok, detail);

    public static Finding Warning(string check, string detail, string? whatToDo = null) => new(check, FindingLevel.Warning, detail, whatToDo);

    public static Finding Fault(string check, string detail, string? whatToDo = null) => new(check, FindingLevel.Fault, detail, whatToDo);
}
