using System.Text.Json;
using System.Xml;
using Atp.Core.Devices;
using Atp.Core.Errors;
using Atp.Core.Requests;

namespace Atp.Core.Agent;

/// <summary>What a queue message of devices holds: one signed report, or an array of them. Ingestion and the HTTP channel read it alike.</summary>
public static class ReportMessage
{
    /// <summary>A queue message holds no more.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>Takes the message apart; what the reports say is not looked at.</summary>
    /// <exception cref="DomainException">Invalid, by field: it isn't one signed report or an array of them, or is too large.</exception>
    public static IReadOnlyList<SignedReport> Parse(ReadOnlyMemory<byte> message)
    {
        if (message.Length > MaxBytes)
        {
            throw new DomainError(ErrorKind.TooLarge, "body.too-large", $"Reports have {MaxBytes:N0} bytes at most. Send them in several parts.").ToException();
        }

        try
        {
            var reports = IsArray(message)
                ? JsonSerializer.Deserialize<SignedReport[]>(message.Span, DeviceReport.Json)
                : JsonSerializer.Deserialize<SignedReport>(message.Span, DeviceReport.Json) is { } one ? [one] : null;
            return reports is not null && !reports.Contains(null!)
                ? reports
                : throw DomainError.Field("body", "report.missing", "A report is null; send signed reports.").ToException();
        }
        catch (JsonException e)
        {
            throw JsonErrors.Explain(e).ToException(e);
        }
    }

    internal static bool IsArray(ReadOnlyMemory<byte> message) => message.Span.TrimStart(" \t\r\n"u8) is [(byte)'[', ..];

    /// <summary>What is wrong with the outside of a report, whatever it says: the field, and why. Null when nothing is.</summary>
    internal static (string Field, string Detail)? FaultOf(SignedReport report) =>
        report.V != 1 ? ("v", "The version of a signed report is 1.")
        : !DeviceId.TryParse(report.DeviceId, out _) ? ("deviceId", "This is no device id.")
        : SignatureOf(report) is null ? ("signature", "The signature is the base64 of 32 bytes.")
        : null;

    /// <returns>Null when it can't be one.</returns>
    internal static byte[]? SignatureOf(SignedReport report)
    {
        var signature = new byte[32];
        return Convert.TryFromBase64String(report.Signature, signature, out var length) && length == signature.Length ? signature : null;
    }

    /// <summary>Queues take text that XML can hold: a report with other characters never gets through them.</summary>
    internal static bool FitsQueue(string text)
    {
        try
        {
            XmlConvert.VerifyXmlChars(text);
            return true;
        }
        catch (XmlException)
        {
            return false;
        }
    }
}
