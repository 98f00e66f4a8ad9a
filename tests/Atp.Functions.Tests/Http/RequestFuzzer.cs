using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace Atp.Functions.Tests.Http;

/// <summary>Who sends a fuzzed request.</summary>
internal enum Sender
{
    Administrator,
    Device,
    Nobody,

    /// <summary>With a credential that is none.</summary>
    Impostor,
}

/// <summary>The ids that a fuzzed request may name, by the name of the path's parameter.</summary>
/// <param name="Kept">What no fuzzed request may change: changes are asked of it in ways only that can't be granted.</param>
/// <param name="Fodder">Of the same kinds; here anything may happen.</param>
internal sealed record FuzzTargets(IReadOnlyDictionary<string, string> Kept, IReadOnlyDictionary<string, string> Fodder);

/// <summary>A request as it goes over the wire.</summary>
/// <param name="RawTarget">Path and query, not made canonical.</param>
/// <param name="MayNotReachAFunction">The server itself may refuse it, without a body.</param>
internal sealed record FuzzedRequest(
    int Number, HttpMethod Method, string RawTarget, Sender Sender, IReadOnlyList<(string Name, string Value)> Headers,
    byte[]? Body, string? ContentType, bool MayNotReachAFunction)
{
    public override string ToString()
    {
        var headers = string.Join(", ", Headers.Select(h => $"{h.Name}: {Short(h.Value)}"));
        var body = Body is null ? "no body" : $"{Body.Length} bytes: {Short(Encoding.Latin1.GetString(Body))}";
        return $"#{Number} {Sender}: {Method} {Short(RawTarget)} [{headers}] {ContentType} {body}";
    }

    private static string Short(string text) => text.Length <= 400 ? text : text[..400] + "…";
}

/// <summary>
/// Makes malformed and hostile requests from functions/openapi.yaml. The same seed makes the same requests, and each of them is made
/// from the seed and its own number, so that one can be made again alone. A request that changes something either names what may be
/// changed, or has a flaw for which it must be refused whatever the rest of it is.
/// </summary>
internal sealed class RequestFuzzer(ApiDescription api, int seed, FuzzTargets targets)
{
    /// <summary>Changes that may come to pass where they are asked of fodder, or of something new. All others always have a flaw.</summary>
    private static readonly string[] MayComeToPass =
    [
        "createPolicy", "updatePolicy", "movePolicy", "previewPolicyOrder", "importDevices", "upsertDevice", "enrollDevice", "blockDevice",
        "unblockDevice", "retireDevice", "reinstateDevice", "createCollection", "updateCollection", "addMembers", "removeMembers",
        "createDeployment", "previewDeployment", "startRollUp", "checkIn",
    ];

    /// <summary>Stands for half of a character, which text in memory can't hold.</summary>
    private const string LoneSurrogate = "(half a character)";

    /// <summary>Never <c>*</c> alone: a rule with it would have what is kept as members.</summary>
    private static readonly string[] HostileTexts =
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

    private static readonly string[] HostileNumbers =
        ["-1", "0", "-0", "2147483647", "2147483648", "-2147483649", "99999999999999999999", "1e400", "-1e400", "1.5", "1e2", "0.0000000001"];

    /// <summary>What is no JSON object of any kind that an operation takes.</summary>
    private static readonly byte[][] BrokenJson =
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

    private static readonly (string Name, string[] Values)[] HostileHeaders =
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

    private static readonly string[] NoCredentials =
    [
        "Bearer", "Bearer ", "Bearer a.b.c", $"Bearer {new string('A', 5000)}", "Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer \t..", "bearer null",
        "Basic OjoK", "Negotiate AAAA", "\u00e9\u00ff", "SharedAccessSignature", "SharedAccessSignature sr=&sig=&se=&skn=",
        "SharedAccessSignature sr=a&sr=b&sig=%&se=1",
        "SharedAccessSignature sr=kept-1&sig=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%3D&se=99999999999999999999&skn=1",
        "SharedAccessSignature sr=kept-1&sig=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%3D&se=253402300799&skn=1",
    ];

    /// <summary>64 MiB of zeros in a zip that is small enough to be read.</summary>
    private static readonly Lazy<byte[]> ZipBomb = new(() => Zip(("bomb.onboarding", new byte[64 * 1024 * 1024])));

    private readonly List<(HttpMethod Method, string Path, OpenApiOperation Operation)> operations =
        [.. api.Operations.OrderBy(o => o.Path, StringComparer.Ordinal).ThenBy(o => o.Method.Method, StringComparer.Ordinal)];

    private ApiDescription Api => api;

    private FuzzTargets Targets => targets;

    public IReadOnlyList<string> OperationIds => [.. operations.Select(o => o.Operation.OperationId!)];

    public IEnumerable<FuzzedRequest> Requests(int count) => Enumerable.Range(0, count).Select(Make);

    /// <summary>As the server reads it: percent-decoded, but for the slash, and dot segments resolved.</summary>
    public static string PathAsRead(string target)
    {
        var read = new List<string>();
        foreach (var segment in target.Split('?')[0].Split('/')[1..].Select(Unescaped))
        {
            if (segment == "..")
            {
                read.RemoveRange(Math.Max(read.Count - 1, 0), Math.Min(read.Count, 1));
            }
            else if (segment != ".")
            {
                read.Add(segment);
            }
        }

        return "/" + string.Join('/', read);
    }

    private FuzzedRequest Make(int number) => new Maker(this, number, new Random(unchecked((seed * 1_000_003) + number))).Make();

    private static string Unescaped(string segment) => Uri.UnescapeDataString(segment).Replace('/', '\u2215').Replace('\n', ' ');

    private static byte[] Zip(params (string Name, byte[] Content)[] entries)
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

    /// <summary>Makes one request.</summary>
    private sealed class Maker(RequestFuzzer fuzzer, int number, Random random)
    {
        private readonly List<(string Name, string Value)> headers = [];
        private bool mayNotReachAFunction;

        public FuzzedRequest Make()
        {
            var (method, path, operation) = fuzzer.operations[number % fuzzer.operations.Count];
            var parameters = (fuzzer.Parameters(path) ?? []).Concat(operation.Parameters ?? []).ToList();
            var takesBody = operation.RequestBody is not null;
            var needsRevision = parameters.Any(p => p.Name == "If-Match");
            var ids = parameters.Where(p => p.In == ParameterLocation.Path).Select(p => (Name: p.Name!, Id: Id(p))).ToList();
            var keeps = ids.Any(id => id.Id is not null && fuzzer.Targets.Kept.GetValueOrDefault(id.Name) == id.Id);
            var flaw = method != HttpMethod.Get && (keeps || !MayComeToPass.Contains(operation.OperationId));
            var flaws = new List<string> { "sender" };
            flaws.AddRange(ids.Count > 0 ? ["id"] : []);
            flaws.AddRange(takesBody ? ["body", "body", "body"] : []);
            flaws.AddRange(needsRevision ? ["revision"] : []);
            var chosen = flaw ? Pick(flaws) : "";

            var sender = Sender(operation, mustBeWrong: chosen == "sender");
            var target = path;
            foreach (var (name, id) in ids)
            {
                target = target.Replace($"{{{name}}}", chosen == "id" || id is null ? HostileSegment() : id, StringComparison.Ordinal);
            }

            target += Query(parameters);
            if (needsRevision && (chosen == "revision" || Chance(90)))
            {
                headers.Add(("If-Match", chosen == "revision" || Chance(40)
                    ? Pick("*", "\"\"", "W/\"1\"", "\"99\"", "\"-1\"", "\"1\", \"2\"", "\"99999999999\"", "1", "\"１\"", "\"0\"")
                    : $"\"{random.Next(1, 4)}\""));
            }

            var (body, contentType) = takesBody ? Body(operation, broken: chosen == "body")
                : Chance(10) ? (Pick(BrokenJson), "application/json")
                : ((byte[]?)null, null);
            if (Chance(4))
            {
                var other = new HttpMethod(Pick("PUT", "PATCH", "DELETE", "POST", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "FUZZ"));
                method = fuzzer.Api.Find(other, PathAsRead($"/api{target}")) is null ? other : method;
            }

            AddHeaders(parameters);
            return new FuzzedRequest(number, method, $"/api{target}", sender, headers, method == HttpMethod.Trace ? null : body,
                contentType, mayNotReachAFunction);
        }

        private bool Chance(int percent) => random.Next(100) < percent;

        private T Pick<T>(params IReadOnlyList<T> of) => of[random.Next(of.Count)];

        /// <returns>Null for a hostile one.</returns>
        private string? Id(IOpenApiParameter parameter) =>
            parameter.Schema!.Type == JsonSchemaType.Integer ? Pick("1", "1", "2", "0", "-1", "99999999999", "1.5", "%2b1", "%201", "x", "NaN")
            : random.Next(10) switch
            {
                < 3 => fuzzer.Targets.Kept.GetValueOrDefault(parameter.Name!),
                < 7 => fuzzer.Targets.Fodder.GetValueOrDefault(parameter.Name!),
                7 => $"{random.Next():x8}-0000-7000-8000-000000000000",
                _ => null,
            };

        /// <summary>No id of anything, and no way to another operation that would be granted.</summary>
        private string HostileSegment()
        {
            switch (random.Next(8))
            {
                case 0:
                    return Pick("..%2f..%2fsite", "%2e%2e%2fpolicies", "x%2fy", "..", "../nothing/..", "%2e%2e", ".", "%5c..%5c",
                        "%252e%252e%252f", ";a=b", "x;y", "~", "$", "*", "x:y:z'", "(1)", "@", "a,b");
                case 1:
                    mayNotReachAFunction = true;
                    return Pick("%00", "x%00y", "%ff%fe", "%c0%ae%c0%ae", "%", "%zz", "%u002e", "%ed%a0%80", new string('x', 9000));
                case 2:
                    return Pick(fuzzer.Targets.Kept.Values.ToList())[..^1]
                        + Uri.EscapeDataString(Pick("!", "\"", "'", " ", "\u0131", "\u212a", "\u0435", "/", "\n", "\u200b"));
                case 3:
                    return new string('a', Pick(65, 255, 256, 600));
                default:
                    return Uri.EscapeDataString(HostileText(withoutNul: true)) is { Length: > 0 } text && text is not "." and not ".." ? text : "%20";
            }
        }

        private string HostileText(bool withoutNul = false)
        {
            var text = Chance(3) ? new string(Pick('a', 'é', '\u4e2d'), Pick(64, 65, 257, 1_025, 33_000)) : Pick(HostileTexts);
            text = withoutNul ? text.Replace("\0", "", StringComparison.Ordinal) : text;
            return withoutNul && text.Length > 500 ? text[..500] : text;
        }

        private Sender Sender(OpenApiOperation operation, bool mustBeWrong)
        {
            var right = (operation.Security ?? []).SelectMany(s => s.Keys).Select(s => s.Reference.Id).FirstOrDefault() switch
            {
                "administrator" => Http.Sender.Administrator,
                "device" => Http.Sender.Device,
                _ => Http.Sender.Nobody,
            };
            var wrong = Enum.GetValues<Sender>().Where(s => s != right).ToList();
            var sender = mustBeWrong || Chance(10) ? Pick(wrong) : right;
            if (sender == Http.Sender.Impostor)
            {
                headers.Add(("Authorization", Pick(NoCredentials)));
            }

            return sender;
        }

        private string Query(IEnumerable<IOpenApiParameter> parameters)
        {
            var query = new List<string>();
            foreach (var parameter in parameters.Where(p => p.In == ParameterLocation.Query))
            {
                while (Chance(45))
                {
                    query.Add($"{parameter.Name}={Value(parameter)}");
                }
            }

            if (Chance(10))
            {
                query.Add(Pick("$filter=PartitionKey%20ne%20''", "%00=1", "fuzz", "=", "&&", "a[]=1", "pageSize[]=1", "__proto__=1",
                    "sig=AAAA", "access_token=AAAA", "code=1", "%ff%fe=%c3%28", $"q={new string('q', 5000)}"));
            }

            mayNotReachAFunction |= query.Sum(q => q.Length) > 7_500;
            return query.Count == 0 ? "" : "?" + string.Join('&', query);
        }

        private string Value(IOpenApiParameter parameter) => random.Next(10) switch
        {
            0 => Pick("%00", "%ff", "%c3%28", "%ed%a0%80", "%", "%zz"),
            < 4 when parameter.Schema is { } schema => Uri.EscapeDataString(Leaf(schema).ToString()),
            4 when parameter.Name == "scope" =>
                $"{Pick("platform", "os", "collection", "deployment", "organisation")}!{Uri.EscapeDataString(HostileText(withoutNul: true))}",
            5 when parameter.Name == "continuation" =>
                Convert.ToBase64String(Encoding.UTF8.GetBytes(Pick("00!", "00!pc-1", "zz!x", "00!x'y", "!", "00!!", "00!\0"))).TrimEnd('='),
            _ => Uri.EscapeDataString(HostileText(withoutNul: true)),
        };

        private void AddHeaders(IEnumerable<IOpenApiParameter> parameters)
        {
            foreach (var parameter in parameters.Where(p => p.In == ParameterLocation.Header && p.Name != "If-Match" && Chance(40)))
            {
                headers.Add((parameter.Name!, Pick("x", "", "{}", "00000000-0000-0000-0000-000000000000",
                    $"0193b2c4-0000-7000-8000-{random.Next(20):D12}", "' or 1 eq 1", "é", new string('9', 300))));
            }

            foreach (var (name, values) in HostileHeaders.Where(_ => Chance(4)))
            {
                headers.Add((name, Pick(values)));
            }

            mayNotReachAFunction |= headers.Any(h => !h.Value.All(char.IsAscii));
        }

        private (byte[] Body, string? ContentType) Body(OpenApiOperation operation, bool broken)
        {
            var (type, described) = Pick(operation.RequestBody!.Content!.ToList());
            var bytes = type switch
            {
                "application/json" => Json(described.Schema!, broken),
                "application/x-ndjson" => Lines(broken),
                "text/csv" => Csv(),
                "multipart/form-data" => null,
                _ => Pick(BrokenJson),
            };
            if (bytes is null)
            {
                return Form(described.Schema!, broken);
            }

            // A list of rows has no one flaw for which it is refused whole, but its type.
            var wrongType = type is "application/x-ndjson" or "text/csv" ? broken || Chance(5) : Chance(5);
            return (bytes, !wrongType ? type + (Chance(10) ? Pick("; charset=utf-8", "; charset=utf-7", ";", "; charset=\"") : "")
                : Pick("text/plain", "application/xml", "application/x-www-form-urlencoded", "application/octet-stream", null));
        }

        private byte[] Json(IOpenApiSchema schema, bool broken)
        {
            var json = Encoding.UTF8.GetBytes(Node(schema, 0).ToJsonString().Replace(LoneSurrogate, "a\\ud800", StringComparison.Ordinal));
            if (!broken && Chance(70))
            {
                return json;
            }

            switch (random.Next(6))
            {
                case 0 when json.Length > 2:
                    return json[..random.Next(1, json.Length - 1)];
                case 1:
                    return Insert(json, "\"fuzz\":1");
                case 2:
                    return Insert(json, "\"fuzz\":{\"a\":[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}");
                case 3 when schema.Properties is { Count: > 0 } properties:
                    var name = Pick(properties.Keys.ToList());
                    return Insert(json, $"\"{name}\":null,\"{name}\":null");
                case 4 when schema.Properties is { Count: > 0 } properties:
                    return [(byte)'{', .. Encoding.ASCII.GetBytes($"\"{Pick(properties.Keys.ToList())}\":\""), 0xc3, 0x28, 0xff,
                        (byte)'"', (byte)'}'];
                default:
                    return Pick(BrokenJson);
            }
        }

        /// <summary>One more field at the start of an object.</summary>
        private static byte[] Insert(byte[] json, string field) =>
            [(byte)'{', .. Encoding.UTF8.GetBytes(field), .. json.Length == 2 ? json[1..] : [(byte)',', .. json[1..]]];

        private JsonNode Node(IOpenApiSchema schema, int depth)
        {
            if (Chance(4) || depth > 6)
            {
                return Pick<Func<JsonNode>>(
                    () => new JsonArray(), () => new JsonObject(), () => new JsonArray(new JsonArray(new JsonObject())),
                    () => JsonValue.Create(HostileText()), () => JsonNode.Parse(Pick(HostileNumbers))!, () => JsonValue.Create(true))();
            }

            if (schema.Properties is { Count: > 0 } properties)
            {
                var made = new JsonObject();
                foreach (var (name, property) in properties)
                {
                    if (Chance(schema.Required?.Contains(name) is true ? 95 : 50))
                    {
                        made[name] = Chance(4) ? null : Node(property, depth + 1);
                    }
                }

                return made;
            }

            return schema.Items is { } items
                ? new JsonArray([.. Enumerable.Range(0, Chance(3) ? 300 : random.Next(4)).Select(_ => Node(items, depth + 1))])
                : Leaf(schema);
        }

        private JsonNode Leaf(IOpenApiSchema schema)
        {
            if (schema.Enum is { Count: > 0 } names)
            {
                return Chance(70)
                    ? Pick(names.ToList()).DeepClone()
                    : JsonValue.Create(Pick($"{names[0]}, {names[^1]}", "0", "", "fuzz", $"{names[0]}\0"));
            }

            if (schema.Type is { } type && type.HasFlag(JsonSchemaType.Integer) && !(type.HasFlag(JsonSchemaType.String) && Chance(50)))
            {
                return Chance(60) ? JsonValue.Create(Pick(1, 2, 3, 19045, 9600)) : JsonNode.Parse(Pick(HostileNumbers))!;
            }

            if (schema.Type == JsonSchemaType.Boolean)
            {
                return Chance(80) ? JsonValue.Create(Chance(50)) : JsonValue.Create("true");
            }

            return Chance(45) ? JsonValue.Create($"fuzz-{random.Next(10)}")
                : Chance(30) ? JsonValue.Create(Pick(fuzzer.Targets.Fodder.Values.ToList()))
                : Chance(6) ? JsonValue.Create(LoneSurrogate)
                : JsonValue.Create(HostileText());
        }

        /// <summary>Inventory: ids of fodder and of new devices only, and tags that no collection asks for.</summary>
        private byte[] Lines(bool broken)
        {
            var lines = new MemoryStream();
            for (var i = random.Next(broken ? 1 : 0, 6); i >= 0; i--)
            {
                lines.Write(random.Next(8) switch
                {
                    0 => Pick(BrokenJson),
                    1 => Encoding.ASCII.GetBytes(new string('x', 70_000)),
                    2 => Encoding.UTF8.GetBytes("""{"deviceId":"fuzz-1","name":"\ud800","build":19045,"productType":1}"""),
                    3 => [.. "{\"deviceId\":\"fuzz-2\",\"name\":\""u8, 0xc3, 0x28, .. "\",\"build\":1,\"productType\":1}"u8],
                    4 => Encoding.UTF8.GetBytes($$"""{"deviceId":"fuzz-3","name":"F","build":{{Pick(HostileNumbers)}},"productType":1,"sku":{{Pick(HostileNumbers)}}}"""),
                    _ => Encoding.UTF8.GetBytes(new JsonObject
                    {
                        ["deviceId"] = Chance(50) ? $"fuzz-{random.Next(20)}" : HostileText(),
                        ["name"] = Chance(50) ? "FUZZ" : HostileText(),
                        ["build"] = Chance(50) ? JsonValue.Create(19045) : JsonValue.Create(Pick("10.0.19045.1", "10..", "99999999999", "x")),
                        ["productType"] = random.Next(5),
                        ["tags"] = new JsonArray([.. Enumerable.Range(0, random.Next(40)).Select(_ => JsonValue.Create(HostileText()))]),
                        ["monitoringAgentVersion"] = HostileText(),
                    }.ToJsonString()),
                });
                lines.Write("\r\n"u8);
            }

            return lines.ToArray();
        }

        private byte[] Csv()
        {
            var header = Pick("deviceId,name,build,productType,tags", "deviceId;name", "", "deviceId,deviceId,name,build,productType",
                "\"deviceId", "name,build,productType,fuzz", "\ufeffdeviceId,name,build,productType");
            var rows = Enumerable.Range(0, random.Next(5)).Select(i => Pick(
                $"fuzz-{i},F,19045,1,a;b", $"fuzz-{i},\"F", $"fuzz-{i}", $"{HostileText()},{HostileText()},{HostileText()},1,x",
                $"fuzz-{i},=1+1,19045,99999999999", ",,,,,,,,,", $"fuzz-{i},{new string('n', 70_000)},1,1"));
            return [.. Encoding.UTF8.GetBytes(string.Join('\n', rows.Prepend(header))), .. Chance(10) ? [0xc3, 0x28] : Array.Empty<byte>()];
        }

        private (byte[] Body, string? ContentType) Form(IOpenApiSchema schema, bool broken)
        {
            const string Boundary = "fuzz-boundary";
            var body = new MemoryStream();
            void Part(string head, byte[] content)
            {
                body.Write(Encoding.UTF8.GetBytes($"--{Boundary}\r\n{head}\r\n\r\n"));
                body.Write(content);
                body.Write("\r\n"u8);
            }

            foreach (var (name, property) in schema.Properties!)
            {
                if (name == "configurationFile")
                {
                    var file = Pick(
                        "\"fuzz.zip\"", "\"x.onboarding\"", "\"../../x.cmd\"", "\"\"", "\"a\\\"b\"", "x y", $"\"{new string('f', 300)}\"", "\"\u0441.zip\"");
                    Part($"Content-Disposition: form-data; name=\"{name}\"; filename={file}", File());
                }
                else if (Chance(60))
                {
                    var value = Chance(50) ? Leaf(property).ToString() : HostileText();
                    Part($"Content-Disposition: form-data; name=\"{name}\"", Encoding.UTF8.GetBytes(value));
                }
            }

            if (broken || Chance(30))
            {
                switch (random.Next(5))
                {
                    case 0:
                        Part("Content-Disposition: form-data; name=\"fuzz\"", "1"u8.ToArray());
                        break;
                    case 1:
                        Part("Content-Disposition: form-data; name=\"name\"", "1"u8.ToArray());
                        Part("Content-Disposition: form-data; name=\"name\"", "2"u8.ToArray());
                        break;
                    case 2:
                        return (body.ToArray(), $"multipart/form-data; boundary={Boundary}"); // no end
                    case 3:
                        return (body.ToArray(), Pick("multipart/form-data", "multipart/form-data; boundary=other",
                            $"multipart/form-data; boundary={new string('b', 300)}", "multipart/form-data; boundary=\"\"",
                            "multipart/mixed; boundary=fuzz-boundary"));
                    default:
                        for (var i = 0; i < 200; i++)
                        {
                            Part($"Content-Disposition: form-data; name=\"fuzz{i}\"", [1]);
                        }

                        break;
                }
            }

            body.Write(Encoding.ASCII.GetBytes($"--{Boundary}--\r\n"));
            return (body.ToArray(), $"multipart/form-data; boundary={Boundary}");
        }

        /// <summary>Never one that is signed by anyone.</summary>
        private byte[] File()
        {
            switch (random.Next(8))
            {
                case 0:
                    return ZipBomb.Value;
                case 1:
                    var zip = Zip(("x.onboarding", "{}"u8.ToArray()));
                    return zip[..random.Next(4, zip.Length)];
                case 2:
                    return Zip([.. Enumerable.Range(0, 70).Select(i => ($"{i}.onboarding", new byte[1]))]);
                case 3:
                    return Zip(("../../../x.onboarding", Encoding.ASCII.GetBytes(new string('[', 10_000))), ("x.cmd", []));
                case 4:
                    return Encoding.UTF8.GetBytes("""{"body":"{\"a\":1}","sig":"AA==","sha256sig":"AA==","cert":"AA==","chain":["AA==","\ud800"]}""");
                case 5:
                    var scrambled = Zip(("x.onboarding", new byte[3000]));
                    for (var i = 0; i < 10; i++)
                    {
                        scrambled[random.Next(4, scrambled.Length)] = (byte)random.Next(256);
                    }

                    return scrambled;
                case 6:
                    return Pick(BrokenJson.Where(b => b.Length < 200_000).ToList());
                default:
                    var noise = new byte[random.Next(2000)];
                    random.NextBytes(noise);
                    return noise;
            }
        }
    }

    private IList<IOpenApiParameter>? Parameters(string path) => api.Result.Document!.Paths[path].Parameters;
}
