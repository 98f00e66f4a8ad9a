using System.Text;
using Microsoft.OpenApi;

namespace Atp.Functions.Tests.Http;

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

    private FuzzedRequest Make(int number) => new Maker(this, number, new Dice(unchecked((seed * 1_000_003) + number))).Make();

    private static string Unescaped(string segment) => Uri.UnescapeDataString(segment).Replace('/', '\u2215').Replace('\n', ' ');

    /// <summary>Makes one request.</summary>
    private sealed class Maker(RequestFuzzer fuzzer, int number, Dice dice)
    {
        private readonly FuzzedBodies bodies = new(dice, fuzzer.Targets);
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
            var chosen = flaw ? dice.Pick(flaws) : "";

            var sender = Sender(operation, mustBeWrong: chosen == "sender");
            var target = path;
            foreach (var (name, id) in ids)
            {
                target = target.Replace($"{{{name}}}", chosen == "id" || id is null ? HostileSegment() : id, StringComparison.Ordinal);
            }

            target += Query(parameters);
            if (needsRevision && (chosen == "revision" || dice.Chance(90)))
            {
                headers.Add(("If-Match", chosen == "revision" || dice.Chance(40)
                    ? dice.Pick("*", "\"\"", "W/\"1\"", "\"99\"", "\"-1\"", "\"1\", \"2\"", "\"99999999999\"", "1", "\"１\"", "\"0\"")
                    : $"\"{dice.Next(1, 4)}\""));
            }

            var (body, contentType) = takesBody ? bodies.Body(operation, broken: chosen == "body")
                : dice.Chance(10) ? (dice.Pick(Hostile.BrokenJson), "application/json")
                : ((byte[]?)null, null);
            if (dice.Chance(4))
            {
                var other = new HttpMethod(dice.Pick("PUT", "PATCH", "DELETE", "POST", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "FUZZ"));
                method = fuzzer.Api.Find(other, PathAsRead($"/api{target}")) is null ? other : method;
            }

            AddHeaders(parameters);
            return new FuzzedRequest(number, method, $"/api{target}", sender, headers, method == HttpMethod.Trace ? null : body,
                contentType, mayNotReachAFunction);
        }

        /// <returns>Null for a hostile one.</returns>
        private string? Id(IOpenApiParameter parameter) =>
            parameter.Schema!.Type == JsonSchemaType.Integer ? dice.Pick("1", "1", "2", "0", "-1", "99999999999", "1.5", "%2b1", "%201", "x", "NaN")
            : dice.Next(10) switch
            {
                < 3 => fuzzer.Targets.Kept.GetValueOrDefault(parameter.Name!),
                < 7 => fuzzer.Targets.Fodder.GetValueOrDefault(parameter.Name!),
                7 => $"{dice.Next():x8}-0000-7000-8000-000000000000",
                _ => null,
            };

        /// <summary>No id of anything, and no way to another operation that would be granted.</summary>
        private string HostileSegment()
        {
            switch (dice.Next(8))
            {
                case 0:
                    return dice.Pick("..%2f..%2fsite", "%2e%2e%2fpolicies", "x%2fy", "..", "../nothing/..", "%2e%2e", ".", "%5c..%5c",
                        "%252e%252e%252f", ";a=b", "x;y", "~", "$", "*", "x:y:z'", "(1)", "@", "a,b");
                case 1:
                    mayNotReachAFunction = true;
                    return dice.Pick("%00", "x%00y", "%ff%fe", "%c0%ae%c0%ae", "%", "%zz", "%u002e", "%ed%a0%80", new string('x', 9000));
                case 2:
                    return dice.Pick(fuzzer.Targets.Kept.Values.ToList())[..^1]
                        + Uri.EscapeDataString(dice.Pick("!", "\"", "'", " ", "\u0131", "\u212a", "\u0435", "/", "\n", "\u200b"));
                case 3:
                    return new string('a', dice.Pick(65, 255, 256, 600));
                default:
                    return Uri.EscapeDataString(dice.HostileText(withoutNul: true)) is { Length: > 0 } text && text is not "." and not ".." ? text : "%20";
            }
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
            var sender = mustBeWrong || dice.Chance(10) ? dice.Pick(wrong) : right;
            if (sender == Http.Sender.Impostor)
            {
                headers.Add(("Authorization", dice.Pick(Hostile.NoCredentials)));
            }

            return sender;
        }

        private string Query(IEnumerable<IOpenApiParameter> parameters)
        {
            var query = new List<string>();
            foreach (var parameter in parameters.Where(p => p.In == ParameterLocation.Query))
            {
                while (dice.Chance(45))
                {
                    query.Add($"{parameter.Name}={Value(parameter)}");
                }
            }

            if (dice.Chance(10))
            {
                query.Add(dice.Pick("$filter=PartitionKey%20ne%20''", "%00=1", "fuzz", "=", "&&", "a[]=1", "pageSize[]=1", "__proto__=1",
                    "sig=AAAA", "access_token=AAAA", "code=1", "%ff%fe=%c3%28", $"q={new string('q', 5000)}"));
            }

            mayNotReachAFunction |= query.Sum(q => q.Length) > 7_500;
            return query.Count == 0 ? "" : "?" + string.Join('&', query);
        }

        private string Value(IOpenApiParameter parameter) => dice.Next(10) switch
        {
            0 => dice.Pick("%00", "%ff", "%c3%28", "%ed%a0%80", "%", "%zz"),
            < 4 when parameter.Schema is { } schema => Uri.EscapeDataString(bodies.Leaf(schema.Items ?? schema).ToString()),
            4 when parameter.Name == "scope" =>
                $"{dice.Pick("platform", "os", "collection", "deployment", "organisation")}!{Uri.EscapeDataString(dice.HostileText(withoutNul: true))}",
            5 when parameter.Name == "continuation" =>
                Convert.ToBase64String(Encoding.UTF8.GetBytes(dice.Pick("00!", "00!pc-1", "zz!x", "00!x'y", "!", "00!!", "00!\0"))).TrimEnd('='),
            _ => Uri.EscapeDataString(dice.HostileText(withoutNul: true)),
        };

        private void AddHeaders(IEnumerable<IOpenApiParameter> parameters)
        {
            foreach (var parameter in parameters.Where(p => p.In == ParameterLocation.Header && p.Name != "If-Match" && dice.Chance(40)))
            {
                headers.Add((parameter.Name!, dice.Pick("x", "", "{}", "00000000-0000-0000-0000-000000000000",
                    $"0193b2c4-0000-7000-8000-{dice.Next(20):D12}", "' or 1 eq 1", "é", new string('9', 300))));
            }

            foreach (var (name, values) in Hostile.Headers.Where(_ => dice.Chance(4)))
            {
                headers.Add((name, dice.Pick(values)));
            }

            mayNotReachAFunction |= headers.Any(h => !h.Value.All(char.IsAscii));
        }
    }

    private IList<IOpenApiParameter>? Parameters(string path) => api.Result.Document!.Paths[path].Parameters;
}
