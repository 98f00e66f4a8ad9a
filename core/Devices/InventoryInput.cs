using System.Globalization;
using System.Text.Json;
using Atp.Core.Errors;

namespace Atp.Core.Devices;

/// <summary>A device's inventory as administrators and agents send it; one line of an import.</summary>
public sealed record InventoryInput
{
    private const int MaxTags = 32;
    private const int MaxText = 64;

    /// <summary>Import only: elsewhere the device is named by the address.</summary>
    public string? DeviceId { get; init; }

    public string? Name { get; init; }

    /// <summary>A number (19045), or the text that inventory tools give (<c>10.0.19045.3803</c>).</summary>
    public JsonElement? Build { get; init; }

    public int? ProductType { get; init; }

    public int? Sku { get; init; }

    public IReadOnlyList<string>? Tags { get; init; }

    public string? MonitoringAgentVersion { get; init; }

    /// <summary>Windows Server 2012 R2 and 2016 only: newer systems have the client built in.</summary>
    public string? DefenderClientVersion { get; init; }

    /// <exception cref="DomainException">Invalid, by field.</exception>
    public Inventory ToInventory()
    {
        var errors = new FieldErrors();
        if (DeviceId is not null)
        {
            errors.Add("deviceId", "inventory.device-id-not-here", "The device is named by the address; leave its id out of the body.");
        }

        var inventory = ToInventory(errors);
        errors.ThrowIfAny();
        return inventory;
    }

    internal Inventory ToInventory(FieldErrors errors)
    {
        var name = Name?.Trim() ?? "";
        if (name.Length is 0 or > MaxText || name.Any(char.IsControl))
        {
            errors.Add("name", "inventory.name-invalid", $"The computer's name has 1 to {MaxText} characters, none of them a control character.");
        }

        var build = ParseBuild();
        if (build is null)
        {
            errors.Add("build", "inventory.build-invalid", "The build is a number such as 19045, or a version such as 10.0.19045.3803.");
        }

        if (ProductType is not (1 or 2 or 3))
        {
            errors.Add("productType", "inventory.product-type-invalid", "The product type is 1 (workstation), 2 (domain controller) or 3 (server).");
        }

        if (Sku < 0)
        {
            errors.Add("sku", "inventory.sku-invalid", "The SKU is 0 or more.");
        }

        var tags = Tags ?? [];
        if (tags.Count > MaxTags || tags.Any(t => string.IsNullOrWhiteSpace(t) || t.Length > MaxText || t.Any(char.IsControl)))
        {
            errors.Add("tags", "inventory.tags-invalid", $"There are {MaxTags} tags at most, of 1 to {MaxText} characters each.");
        }

        if (MonitoringAgentVersion?.Length > MaxText)
        {
            errors.Add("monitoringAgentVersion", "inventory.agent-version-invalid", $"A version has {MaxText} characters at most.");
        }

        if (DefenderClientVersion?.Length > MaxText)
        {
            errors.Add("defenderClientVersion", "inventory.client-version-invalid", $"A version has {MaxText} characters at most.");
        }

        return new Inventory(
            name,
            new OperatingSystemFacts(build ?? 0, ProductType ?? 0, Sku ?? 0),
            [.. tags.Where(t => t is not null).Select(t => t.Trim()).Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal)],
            Version(MonitoringAgentVersion),
            Version(DefenderClientVersion));
    }

    private static string? Version(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    /// <summary>Text compares wrongly ("9600" after "14393"), so a build is always made a number.</summary>
    private int? ParseBuild()
    {
        var text = Build switch
        {
            { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
            { ValueKind: JsonValueKind.String } version => TextOf(version),
            _ => "",
        };
        var parts = text.Split('.');
        return int.TryParse(parts.Length >= 3 ? parts[2] : parts.Length == 1 ? parts[0] : "", NumberStyles.None, CultureInfo.InvariantCulture, out var build)
            && build > 0 ? build : null;
    }

    /// <summary>Nothing, when it can't be read as text: half a character, or bytes that are no UTF-8.</summary>
    private static string TextOf(JsonElement json)
    {
        try
        {
            return json.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return "";
        }
    }
}
