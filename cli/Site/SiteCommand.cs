using System.CommandLine;
using System.Globalization;
using Atp.Cli.Client;
using Atp.Cli.Output;

namespace Atp.Cli.Site;

/// <summary>What is decided for the whole site.</summary>
internal static class SiteCommand
{
    private static readonly IReadOnlyList<Column<EnrollmentKeysAnswer>> Columns =
    [
        new("Generation", keys => keys.Generation),
        new("Handed out from", keys => keys.HandedOutFrom),
        new("Rotated at", keys => keys.RotatedAt),
        new("Old key valid", keys => keys.SecondaryVersion is not null),
        new("In force from", keys => keys.InForceFrom),
        new("Devices on old key", keys => keys.DevicesOnOldKey),
    ];

    public static Command Create(Terminal terminal) => new("site", "The keys that all devices' keys are derived from")
    {
        Change(terminal, "rotate-enrollment-keys", "Make a new enrollment key; the one before stays valid while devices move by themselves",
            "New device keys will come from a new enrollment key. Devices fetch theirs at their next check-in; the old key stays valid until it is retired.",
            "Also while devices are on the key before the present one: they are locked out until enrolled again",
            (client, force, ct) => client.RotateEnrollmentKeysAsync(force, ct)),
        Change(terminal, "retire-enrollment-key", "Make the old enrollment key worthless, once no device is on it",
            "Keys and tokens under the old enrollment key will be worthless. This can't be undone.",
            "Also while devices are on it: they are locked out until enrolled again",
            (client, force, ct) => client.RetireOldEnrollmentKeyAsync(force, ct)),
    };

    private static Command Change(
        Terminal terminal, string name, string description, string meaning, string meaningOfForce,
        Func<AtpClient, bool, CancellationToken, Task<EnrollmentKeysAnswer>> change)
    {
        var force = new Option<bool>("--force") { Description = meaningOfForce };
        var confirmation = new Confirmation();
        var command = new Command(name, description) { force };
        confirmation.AddTo(command);
        var server = new ServerOptions();
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var forced = parse.GetValue(force);
            await confirmation.AskAsync(terminal, parse, forced ? $"{meaning} With --force: {meaningOfForce}." : meaning, ct);
            var keys = await change(server.Connect(parse), forced, ct);
            server.Answers(terminal, parse).One(keys, Columns, () => Show(terminal, keys));
        });
        return command;
    }

    private static void Show(Terminal terminal, EnrollmentKeysAnswer keys)
    {
        terminal.Say(string.Create(CultureInfo.InvariantCulture, $"Enrollment key {keys.Generation}, handed out from {keys.HandedOutFrom.UtcDateTime:u}"));
        terminal.Say(keys.SecondaryVersion is null
            ? $"No other is valid; every instance refuses it from {keys.InForceFrom?.UtcDateTime.ToString("u", CultureInfo.InvariantCulture)}"
            : "The one before is still valid: `atp status` counts who is on it, `atp site retire-enrollment-key` ends it");
    }
}
