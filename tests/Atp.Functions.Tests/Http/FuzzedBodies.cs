using System.Text;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace Atp.Functions.Tests.Http;

/// <summary>Makes bodies of every type that an operation takes, by its schema or against it.</summary>
internal sealed class FuzzedBodies(Dice dice, FuzzTargets targets)
{
    public (byte[] Body, string? ContentType) Body(OpenApiOperation operation, bool broken)
    {
        var (type, described) = dice.Pick(operation.RequestBody!.Content!.ToList());
        var bytes = type switch
        {
            "application/json" => Json(described.Schema!, broken),
            "application/x-ndjson" => Lines(broken),
            "text/csv" => Csv(),
            "multipart/form-data" => null,
            _ => dice.Pick(Hostile.BrokenJson),
        };
        if (bytes is null)
        {
            return Form(described.Schema!, broken);
        }

        // A list of rows has no one flaw for which it is refused whole, but its type.
        var wrongType = type is "application/x-ndjson" or "text/csv" ? broken || dice.Chance(5) : dice.Chance(5);
        return (bytes, !wrongType ? type + (dice.Chance(10) ? dice.Pick("; charset=utf-8", "; charset=utf-7", ";", "; charset=\"") : "")
            : dice.Pick("text/plain", "application/xml", "application/x-www-form-urlencoded", "application/octet-stream", null));
    }

    private byte[] Json(IOpenApiSchema schema, bool broken)
    {
        var json = Encoding.UTF8.GetBytes(Node(schema, 0).ToJsonString().Replace(Hostile.LoneSurrogate, "a\\ud800", StringComparison.Ordinal));
        if (!broken && dice.Chance(70))
        {
            return json;
        }

        switch (dice.Next(6))
        {
            case 0 when json.Length > 2:
                return json[..dice.Next(1, json.Length - 1)];
            case 1:
                return Insert(json, "\"fuzz\":1");
            case 2:
                return Insert(json, "\"fuzz\":{\"a\":[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}");
            case 3 when schema.Properties is { Count: > 0 } properties:
                var name = dice.Pick(properties.Keys.ToList());
                return Insert(json, $"\"{name}\":null,\"{name}\":null");
            case 4 when schema.Properties is { Count: > 0 } properties:
                return [(byte)'{', .. Encoding.ASCII.GetBytes($"\"{dice.Pick(properties.Keys.ToList())}\":\""), 0xc3, 0x28, 0xff,
                    (byte)'"', (byte)'}'];
            default:
                return dice.Pick(Hostile.BrokenJson);
        }
    }

    /// <summary>One more field at the start of an object.</summary>
    private static byte[] Insert(byte[] json, string field) =>
        [(byte)'{', .. Encoding.UTF8.GetBytes(field), .. json.Length == 2 ? json[1..] : [(byte)',', .. json[1..]]];

    private JsonNode Node(IOpenApiSchema schema, int depth)
    {
        if (dice.Chance(4) || depth > 6)
        {
            return dice.Pick<Func<JsonNode>>(
                () => new JsonArray(), () => new JsonObject(), () => new JsonArray(new JsonArray(new JsonObject())),
                () => JsonValue.Create(dice.HostileText()), () => JsonNode.Parse(dice.Pick(Hostile.Numbers))!, () => JsonValue.Create(true))();
        }

        if (schema.Properties is { Count: > 0 } properties)
        {
            var made = new JsonObject();
            foreach (var (name, property) in properties)
            {
                if (dice.Chance(schema.Required?.Contains(name) is true ? 95 : 50))
                {
                    made[name] = dice.Chance(4) ? null : Node(property, depth + 1);
                }
            }

            return made;
        }

        return schema.Items is { } items
            ? new JsonArray([.. Enumerable.Range(0, dice.Chance(3) ? 300 : dice.Next(4)).Select(_ => Node(items, depth + 1))])
            : Leaf(schema);
    }

    /// <summary>A value without parts.</summary>
    public JsonNode Leaf(IOpenApiSchema schema)
    {
        if (schema.Enum is { Count: > 0 } names)
        {
            return dice.Chance(70)
                ? dice.Pick(names.ToList()).DeepClone()
                : JsonValue.Create(dice.Pick($"{names[0]}, {names[^1]}", "0", "", "fuzz", $"{names[0]}\0"));
        }

        if (schema.Type is { } type && type.HasFlag(JsonSchemaType.Integer) && !(type.HasFlag(JsonSchemaType.String) && dice.Chance(50)))
        {
            return dice.Chance(60) ? JsonValue.Create(dice.Pick(1, 2, 3, 19045, 9600)) : JsonNode.Parse(dice.Pick(Hostile.Numbers))!;
        }

        if (schema.Type == JsonSchemaType.Boolean)
        {
            return dice.Chance(80) ? JsonValue.Create(dice.Chance(50)) : JsonValue.Create("true");
        }

        return dice.Chance(45) ? JsonValue.Create($"fuzz-{dice.Next(10)}")
            : dice.Chance(30) ? JsonValue.Create(dice.Pick(targets.Fodder.Values.ToList()))
            : dice.Chance(6) ? JsonValue.Create(Hostile.LoneSurrogate)
            : JsonValue.Create(dice.HostileText());
    }

    /// <summary>Inventory: ids of fodder and of new devices only, and tags that no collection asks for.</summary>
    private byte[] Lines(bool broken)
    {
        var lines = new MemoryStream();
        for (var i = dice.Next(broken ? 1 : 0, 6); i >= 0; i--)
        {
            lines.Write(dice.Next(8) switch
            {
                0 => dice.Pick(Hostile.BrokenJson),
                1 => Encoding.ASCII.GetBytes(new string('x', 70_000)),
                2 => Encoding.UTF8.GetBytes("""{"deviceId":"fuzz-1","name":"\ud800","build":19045,"productType":1}"""),
                3 => [.. "{\"deviceId\":\"fuzz-2\",\"name\":\""u8, 0xc3, 0x28, .. "\",\"build\":1,\"productType\":1}"u8],
                4 => Encoding.UTF8.GetBytes($$"""{"deviceId":"fuzz-3","name":"F","build":{{dice.Pick(Hostile.Numbers)}},"productType":1,"sku":{{dice.Pick(Hostile.Numbers)}}}"""),
                _ => Encoding.UTF8.GetBytes(new JsonObject
                {
                    ["deviceId"] = dice.Chance(50) ? $"fuzz-{dice.Next(20)}" : dice.HostileText(),
                    ["name"] = dice.Chance(50) ? "FUZZ" : dice.HostileText(),
                    ["build"] = dice.Chance(50) ? JsonValue.Create(19045) : JsonValue.Create(dice.Pick("10.0.19045.1", "10..", "99999999999", "x")),
                    ["productType"] = dice.Next(5),
                    ["tags"] = new JsonArray([.. Enumerable.Range(0, dice.Next(40)).Select(_ => JsonValue.Create(dice.HostileText()))]),
                    ["monitoringAgentVersion"] = dice.HostileText(),
                }.ToJsonString()),
            });
            lines.Write("\r\n"u8);
        }

        return lines.ToArray();
    }

    private byte[] Csv()
    {
        var header = dice.Pick("deviceId,name,build,productType,tags", "deviceId;name", "", "deviceId,deviceId,name,build,productType",
            "\"deviceId", "name,build,productType,fuzz", "\ufeffdeviceId,name,build,productType");
        var rows = Enumerable.Range(0, dice.Next(5)).Select(i => dice.Pick(
            $"fuzz-{i},F,19045,1,a;b", $"fuzz-{i},\"F", $"fuzz-{i}", $"{dice.HostileText()},{dice.HostileText()},{dice.HostileText()},1,x",
            $"fuzz-{i},=1+1,19045,99999999999", ",,,,,,,,,", $"fuzz-{i},{new string('n', 70_000)},1,1"));
        return [.. Encoding.UTF8.GetBytes(string.Join('\n', rows.Prepend(header))), .. dice.Chance(10) ? [0xc3, 0x28] : Array.Empty<byte>()];
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
                var file = dice.Pick(
                    "\"fuzz.zip\"", "\"x.onboarding\"", "\"../../x.cmd\"", "\"\"", "\"a\\\"b\"", "x y", $"\"{new string('f', 300)}\"", "\"\u0441.zip\"");
                Part($"Content-Disposition: form-data; name=\"{name}\"; filename={file}", File());
            }
            else if (dice.Chance(60))
            {
                var value = dice.Chance(50) ? Leaf(property).ToString() : dice.HostileText();
                Part($"Content-Disposition: form-data; name=\"{name}\"", Encoding.UTF8.GetBytes(value));
            }
        }

        if (broken || dice.Chance(30))
        {
            switch (dice.Next(5))
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
                    return (body.ToArray(), dice.Pick("multipart/form-data", "multipart/form-data; boundary=other",
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
        switch (dice.Next(8))
        {
            case 0:
                return Hostile.ZipBomb.Value;
            case 1:
                var zip = Hostile.Zip(("x.onboarding", "{}"u8.ToArray()));
                return zip[..dice.Next(4, zip.Length)];
            case 2:
                return Hostile.Zip([.. Enumerable.Range(0, 70).Select(i => ($"{i}.onboarding", new byte[1]))]);
            case 3:
                return Hostile.Zip(("../../../x.onboarding", Encoding.ASCII.GetBytes(new string('[', 10_000))), ("x.cmd", []));
            case 4:
                return Encoding.UTF8.GetBytes("""{"body":"{\"a\":1}","sig":"AA==","sha256sig":"AA==","cert":"AA==","chain":["AA==","\ud800"]}""");
            case 5:
                var scrambled = Hostile.Zip(("x.onboarding", new byte[3000]));
                for (var i = 0; i < 10; i++)
                {
                    scrambled[dice.Next(4, scrambled.Length)] = (byte)dice.Next(256);
                }

                return scrambled;
            case 6:
                return dice.Pick(Hostile.BrokenJson.Where(b => b.Length < 200_000).ToList());
            default:
                var noise = new byte[dice.Next(2000)];
                dice.NextBytes(noise);
                return noise;
        }
    }
}
