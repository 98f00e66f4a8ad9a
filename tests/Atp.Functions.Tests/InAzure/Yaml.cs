using System.Text.Json.Nodes;
using Atp.Functions.Tests.Docs;
using Microsoft.OpenApi.YamlReader;
using SharpYaml.Serialization;

namespace Atp.Functions.Tests.InAzure;

/// <summary>A YAML file of the repository.</summary>
internal static class Yaml
{
    public static JsonObject Read(params string[] path)
    {
        var stream = new YamlStream();
        using var text = File.OpenText(Path.Combine([Pages.Root, .. path]));
        stream.Load(text);
        return stream.Documents[0].RootNode.ToJsonNode().AsObject();
    }
}
