using System.Text.Json;
using System.Text.Json.Nodes;
using Dispatcher.Host.Configuration.Hocon;

namespace Dispatcher.Host.Tests;

/// <summary>Shows resolved trees as compact JSON, so that a test compares one line with one line. Key order does not count.</summary>
internal static class HoconTestTree
{
    private static readonly HoconReadOptions NoEnvironment = new() { Environment = _ => null };

    public static string Read(string text) => Show(HoconDocument.Parse(text, NoEnvironment).Root);

    public static HoconException Fault(string text) =>
        Assert.Throws<HoconException>(() => HoconDocument.Parse(text, NoEnvironment));

    public static string Show(HoconValue value) => Node(value)?.ToJsonString(new JsonSerializerOptions
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    }) ?? "null";

    private static JsonNode? Node(HoconValue value) => value switch
    {
        HoconObject fields => new JsonObject(fields.OrderBy(field => field.Key, StringComparer.Ordinal)
            .Select(field => KeyValuePair.Create(field.Key, Node(field.Value)))),
        HoconArray array => new JsonArray([.. array.Items.Select(Node)]),
        HoconScalar { Kind: HoconScalarKind.String } text => JsonValue.Create(text.Text),
        HoconScalar literal => JsonNode.Parse(literal.Text),
        _ => throw new InvalidOperationException(),
    };
}

/// <summary>A directory of its own for one test, removed afterwards.</summary>
internal sealed class HoconTestDirectory : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hocon-");

    public string Root => _directory.FullName;

    public string Write(string name, string text)
    {
        var path = Path.Combine(Root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public string Load(string name) =>
        HoconTestTree.Show(HoconDocument.Load(Path.Combine(Root, name), new HoconReadOptions { Environment = _ => null }).Root);

    public HoconException Fault(string name) => Assert.ThrowsAny<HoconException>(() => Load(name));

    public void Dispose() => _directory.Delete(recursive: true);
}
