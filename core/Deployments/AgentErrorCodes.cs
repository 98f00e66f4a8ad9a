using System.Globalization;

namespace Atp.Core.Deployments;

/// <summary>A code that an agent reports, explained.</summary>
/// <param name="Code">In its full form: <c>script:15</c>, <c>sense:15</c>, <c>0x87D1FDE8</c>.</param>
/// <param name="Meaning">What went wrong, or what happened, on the device.</param>
/// <param name="WhatToDo">Null for an event that needs nothing done.</param>
public sealed record AgentErrorCode(string Code, string Meaning, string? WhatToDo);

/// <summary>
/// What the codes of the onboarding script (Application log, source WDATPOnboarding), of the SENSE service (log
/// Microsoft-Windows-SENSE/Operational) and of the management client mean. Source: the published event and troubleshooting pages
/// of Microsoft Defender for Endpoint (edition of 2026-07-02). Script and SENSE share numbers, so a code says which it is:
/// <c>script:15</c> or <c>sense:15</c>; a plain number is the script's.
/// </summary>
public static class AgentErrorCodes
{
    private const string ScriptPrefix = "script:";
    private const string SensePrefix = "sense:";

    private const string Contact = "Let the device reach the service's addresses, through the proxy if there is one, and look at its DNS and firewall.";
    private const string Onboard = "Apply the onboarding file again; if it stays so, download a new package and update the policy.";
    private const string Registry = "See that SYSTEM may write the registry key of Windows Advanced Threat Protection, and that no security product guards it.";
    private const string Telemetry = "See that the telemetry service (DiagTrack) is present, enabled and runs; then restart the device.";
    private const string Setup = "Wait until Windows has been set up; if the event comes afterwards too, restart the device.";
    private const string ServiceStart = "Start the service Sense by hand and read its error; see that Windows is up to date and that nothing disables the service.";

    private static readonly (int[] Ids, string Meaning, string? WhatToDo)[] Script =
    [
        ([5], "the onboarding script couldn't delete the offboarding data that was there before", Registry),
        ([10], "the onboarding script couldn't write the onboarding data to the registry", Registry),
        ([15], "the SENSE service couldn't be started",
            "See that the SENSE feature is installed (Windows 11 upgraded from Home can lack it) and the service not disabled; then start it, or onboard again."),
        ([30], "the script waited for the SENSE service to run, and gave up", ServiceStart),
        ([35], "the SENSE service left no onboarding state in the registry", "Restart the device and see whether the service starts; then onboard again."),
        ([40], "the SENSE service runs, and its onboarding state is not 1", "Look at the SENSE log of the device for the reason; then onboard again."),
        ([65], "the script lacked the rights of an administrator", "Run it as SYSTEM or as an administrator."),
        ([70], "the offboarding file is of another organisation than the one that the device is onboarded to",
            "Download the offboarding package from the portal of that organisation and deploy it."),
    ];

    private static readonly (int[] Ids, string Meaning, string? WhatToDo)[] Sense =
    [
        ([1], "the SENSE service started", null),
        ([2], "the SENSE service stopped", "If the device wasn't being shut down or offboarded, start the service and see why it stopped."),
        ([3, 106, 107], "the SENSE service failed to start", ServiceStart),
        ([4], "the agent reached its service", null),
        ([5], "the agent couldn't reach its service", Contact),
        ([6], "the device is not onboarded: no onboarding parameters were found", Onboard),
        ([7], "the onboarding parameters couldn't be read", Onboard),
        ([9, 12], "the service couldn't be set up: its start type, or its default configuration, was not applied", Onboard),
        ([10], "the onboarding state couldn't be kept in the registry", Registry),
        ([11], "onboarding is done", null),
        ([15], "the agent's command channel to its service failed", Contact),
        ([17, 28, 31, 34, 36], "the agent couldn't register or unregister with the telemetry service of Windows", Telemetry),
        ([18], "the first set-up of Windows is done", null),
        ([19, 20], "the first set-up of Windows is not done yet, or couldn't be waited for", Setup),
        ([25, 26], "the state couldn't be written to the registry: the portal sees the device, and Configuration Manager thinks that it is not onboarded", Registry),
        ([27, 30], "Defender Antivirus couldn't be switched into or out of passive mode",
            "See whether another antivirus or a policy holds Defender Antivirus; update its platform and restart the device."),
        ([29], "the offboarding parameters couldn't be read", "Download a new offboarding package and update the policy."),
        ([32], "offboarding failed: its parameters have expired, or the service couldn't be stopped",
            "Look at the file's date; if it is past, download a new offboarding package and update the policy. Else restart the device."),
        ([33], "the device's id couldn't be kept, so that the portal may show the device twice", Registry),
        ([38, 39, 40, 41], "the agent connects less often while the network is metered or the battery low, or goes back to normal", null),
        ([44], "offboarding is done", null),
        ([49, 51, 52], "a configuration from the cloud couldn't be read or applied; the last good one stays", Contact),
        ([50], "a configuration from the cloud was applied", null),
        ([66], "the device was told to report at another pace", null),
        ([70], "the setting for file samples was changed", null),
        ([74], "the device's tag is too long", "Set a shorter tag."),
        ([92], "uploads are held back, since the day's quota is used up", "They go on by themselves; if it comes back daily, see what makes so much data."),
        ([93], "uploads go on after the quota held them back", null),
        ([99], "the agent met an error in its communication", Contact),
        ([.. Enumerable.Range(1800, 19), 1820], "the management client (CSP) read or wrote the agent's settings; it's a trace, not a failure", null),
        ([1819], "the management client (CSP) couldn't write one of the agent's settings", Onboard),
    ];

    private static readonly Dictionary<string, AgentErrorCode> Known = new[]
    {
        new AgentErrorCode("0x87D1FDE8", "the management client refused the onboarding data: its signature is bad, or it lacks the list of previous organisations",
            "Download the package again, upload it unchanged, and update the policy."),
        new AgentErrorCode("0x87D101A9", "this edition of Windows (its SKU) isn't supported", "Move the device to a supported edition, or take it out of the collection."),
    }
        .Concat(Script.SelectMany(row => row.Ids.Select(id => new AgentErrorCode($"{ScriptPrefix}{id}", row.Meaning, row.WhatToDo))))
        .Concat(Sense.SelectMany(row => row.Ids.Select(id => new AgentErrorCode($"{SensePrefix}{id}", row.Meaning, row.WhatToDo))))
        .ToDictionary(known => known.Code, StringComparer.OrdinalIgnoreCase);

    /// <param name="code">As the agent sent it; error numbers of Windows may be in hex or as signed numbers.</param>
    /// <returns>Null when it isn't one that is known here.</returns>
    public static AgentErrorCode? Find(string code)
    {
        var text = code.Trim();
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            text = number is >= 0 and <= ushort.MaxValue ? $"{ScriptPrefix}{number}" : $"0x{(uint)number:X8}";
        }

        return Known.GetValueOrDefault(text);
    }
}
