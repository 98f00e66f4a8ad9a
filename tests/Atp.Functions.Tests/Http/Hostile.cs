using System.IO.Compression;
using System.Text;

namespace Atp.Functions.Tests.Http;

/// <summary>What a fuzzed request is made of.</summary>
internal static class Hostile
{
    /// <summary>Stands for half of a character, which text in memory can't hold.</summary>
    public const string LoneSurrogate = "(half a character)";

    /// <summary>Never <c>*</c> alone: a rule with it would have what is kept as members.</summary>
    public static readonly string[] Texts =
    [
        "", " ", "\0", "a\0b", "\u0001\u001b[31m", "\r\nSet-Cookie: a=b", "\t", "\u007f", "\u0085", "\u2028", "\ufeff", "\uffff",
        "\ud83d\ude00", "e\u0301\u0301\u0301", "\u202egpj.exe", "../../../etc/passwd", "..\\..\\windows", "%2e%2e%2f", "%00", "%s%n%x",
        "${jndi:ldap://a.invalid/a}", "{{7*7}}", "<script>alert(1)</script>", "' or 1 eq 1", "' or PartitionKey ne '",
        "x' and RowKey gt '!", "'; drop table fleet;--", "!", "!!", "a!b", "site!", "collection!", "platform!", "organisation!", "\"",
        "\"#", "#", "?", "/", "\\", "&a=b", "+", "=", "=cmd|' /C calc'!A0", "null", "undefined", "NaN", "Infinity", "-1", "0", "1e400",
        "99999999999999999999999", "true", "[]", "{}", "00000000-0000-0000-0000-000000000000", "{0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0}",
        "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999+14:00", "2026-02-30T00:00:00Z", "\u0441on", "\u212aelvin", "\u0130",
        "\uff0e\uff0e\uff0f", "a\u2044b", "ＡＢＣ", "\u0660\u0661",
    ];

    public static readonly string[] Numbers =
        ["-1", "0", "-0", "2147483647", "2147483648", "-2147483649", "99999999999999999999", "1e400", "-1e400", "1.5", "1e2", "0.0000000001"];

    /// <summary>What is no JSON object of any kind that an operation takes.</summary>
    public static readonly byte[][] BrokenJson =
    [
        [], "null"u8.ToArray(), "[]"u8.ToArray(), "5"u8.ToArray(), "\"text\""u8.ToArray(), "{"u8.ToArray(), "{]"u8.ToArray(),
        "{\"fuzz\":NaN}"u8.ToArray(), "{\"fuzz\":-Infinity}"u8.ToArray(), "{\"fuzz\":01}"u8.ToArray(), "{'fuzz':1}"u8.ToArray(),
        "{\"fuzz\":1} {}"u8.ToArray(), "/* */{\"fuzz\":1}"u8.ToArray(), "{\"fuzz\":1,}"u8.ToArray(),
        [(byte)'{', (byte)'"', 0xff, 0xfe, (byte)'"', (byte)':', (byte)'1', (byte)'}'], [0xc3, 0x28],
        [0xef, 0xbb, 0xbf, (byte)'{'], [0xff, 0xfe, (byte)'{', 0, (byte)'}', 0], "<fuzz/>"u8.ToArray(), [0x1f, 0x8b, 8, 0, 0, 0, 0, 0],
        new byte[1000], Encoding.ASCII.GetBytes(new string('[', 100_000)),
        Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", 20_000))),
        Encoding.ASCII.GetBytes("{\"fuzz\":" + new string('[', 500) + new string(']', 500) + "}"),
        Encoding.ASCII.GetBytes($"{{\"fuzz\":\"{new string('x', 1_500_000)}\"}}"),
    ];

    public static readonly (string Name, string[] Values)[] Headers =
    [
        ("Range", ["bytes=0-", "bytes=-1", "bytes=5-1", "bytes=99999999999999999999-"]),
        ("Accept", ["", "*/*;q=9", "text/html", "application/xml;q=-1", new string('/', 3000)]),
        ("Content-Encoding", ["gzip", "br", "gzip, gzip", "identity", "x"]),
        ("X-Forwarded-For", ["127.0.0.1", "' or 1 eq 1", new string('1', 4000), "::1, a, b"]),
        ("X-Forwarded-Host", ["evil.invalid"]),
        ("X-Original-URL", ["/api/site"]),
        ("X-HTTP-Method-Override", ["DELETE"]),
        ("traceparent", ["00-ffffffffffffffffffffffffffffffff-ffffffffffffffff-01", "00-0-0-0", "ff-é", new string('0', 2000)]),
        ("tracestate", ["a=b,a=b", "=,=", new string(',', 600)]),
        ("baggage", ["a=b;c=d", "=", new string('%', 500)]),
        ("Cookie", ["a=b; c", "=;=;"]),
        ("If-None-Match", ["*", "\"1\""]),
        ("Origin", ["null", "https://evil.invalid"]),
        ("Repeatability-Request-ID", ["x", "é"]),
        ("Prefer", ["respond-async"]),
    ];

    public static readonly string[] NoCredentials =
    [
        "Bearer", "Bearer ", "Bearer a.b.c", $"Bearer {new string('A', 5000)}", "Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer \t..", "bearer null",
        "Basic OjoK", "Negotiate AAAA", "\u00e9\u00ff", "SharedAccessSignature", "SharedAccessSignature sr=&sig=&se=&skn=",
        "SharedAccessSignature sr=a&sr=b&sig=%&se=1",
        "SharedAccessSignature sr=kept-1&sig=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%3D&se=99999999999999999999&skn=1",
        "SharedAccessSignature sr=kept-1&sig=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%3D&se=253402300799&skn=1",
    ];

    /// <summary>64 MiB of zeros in a zip that is small enough to be read.</summary>
    public static readonly Lazy<byte[]> ZipBomb = new(() => Zip(("bomb.onboarding", new byte[64 * 1024 * 1024])));

    public static byte[] Zip(params (string Name, byte[] Content)[] entries)
    {
        var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create))
        {
            foreach (var (name, content) in entries)
            {
                using var entry = zip.CreateEntry(name).Open();
                entry.Write(content);
            }
        }

        return stream.ToArray();
    }
}
