using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Atp.Core.Agent;
using Atp.Core.Devices;
using Atp.Core.Errors;
using Atp.Core.Storage;

namespace Atp.Core.Poison;

/// <summary>
/// Reads what may be shown of a message that was given up. Whoever holds an address for reports can put anything on that queue, and
/// what isn't understood may hold a secret: so only known fields are shown, and only values of the shape that ids and times have.
/// </summary>
public static partial class PoisonReader
{
    /// <summary>Of one message; it may hold hundreds.</summary>
    public const int MostReports = 10;

    /// <summary>Of all messages between our own functions.</summary>
    private static readonly string[] KnownFields =
        ["v", "collectionId", "deploymentId", "rollUpId", "generation", "shard", "asOf", "traceparent"];

    private static readonly string ThisVersion = Message.Version.ToString(CultureInfo.InvariantCulture);

    /// <param name="queue">The work queue that it came from.</param>
    /// <param name="message">Its bytes.</param>
    public static PoisonContent Read(string queue, ReadOnlyMemory<byte> message) =>
        queue == Queues.DeviceReports ? ReadReports(message) : ReadOwn(message);

    private static PoisonContent ReadReports(ReadOnlyMemory<byte> message)
    {
        try
        {
            var reports = ReportMessage.Parse(message);
            return new PoisonContent { ReportCount = reports.Count, Reports = [.. reports.Take(MostReports).Select(ReadReport)] };
        }
        catch (DomainException)
        {
            // Its detail may name a field that the sender made up.
            return new PoisonContent { Fault = SyntaxFault(message) ?? "It is no signed report, and no array of them." };
        }
    }

    private static PoisonReport ReadReport(SignedReport signed)
    {
        var report = DeviceReport.TryParse(Encoding.UTF8.GetBytes(signed.Body));
        return new PoisonReport(
            DeviceId.TryParse(signed.DeviceId, out var id) ? id : null,
            signed.KeyVersion,
            report is null ? null : report with { OrgId = Shown(report.OrgId), ErrorCode = Shown(report.ErrorCode) },
            ReportMessage.FaultOf(signed) is { } fault ? fault.Detail : report is null ? "What it reports can't be read." : null);
    }

    private static PoisonContent ReadOwn(ReadOnlyMemory<byte> message)
    {
        try
        {
            using var document = JsonDocument.Parse(message, new JsonDocumentOptions { MaxDepth = 4 });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return new PoisonContent { Fault = "It is no JSON object." };
            }

            var all = document.RootElement.EnumerateObject().ToList();
            var fields = all.Where(field => KnownFields.Contains(field.Name))
                .Select(field => new PoisonField(field.Name, Shown(field.Value.ToString())!)).ToList();
            var version = fields.Find(field => field.Name == "v")?.Value;
            return new PoisonContent
            {
                Fields = fields,
                Fault = version is not null && version != ThisVersion ? $"It is of version {version}; this build reads {ThisVersion}."
                    : all.Count > fields.Count ? "It has fields that this build doesn't know."
                    : null,
            };
        }
        catch (JsonException e)
        {
            return new PoisonContent { Fault = Describe(e) };
        }
    }

    private static string? SyntaxFault(ReadOnlyMemory<byte> message)
    {
        try
        {
            using var document = JsonDocument.Parse(message);
            return null;
        }
        catch (JsonException e)
        {
            return Describe(e);
        }
    }

    private static string Describe(JsonException e) => string.Create(CultureInfo.InvariantCulture,
        $"It is no JSON: it can't be read on from line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}.");

    /// <summary>A value that has the shape of an id, a number, a time or a trace; of others the length only.</summary>
    private static string? Shown(string? value) => value is null || Plain().IsMatch(value) ? value
        : string.Create(CultureInfo.InvariantCulture, $"({value.Length} characters)");

    [GeneratedRegex(@"^[A-Za-z0-9._:!+-]{1,64}\z")]
    private static partial Regex Plain();
}
