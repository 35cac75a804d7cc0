using System.Text.Json;
using System.Text.Json.Nodes;
using Dispatcher.Workflows;

namespace Dispatcher.Steps.Handlers.Media;

/// <summary>
/// The shape of a job's manifest, version 1.0.0 (Talk-Avocado contract, flat reading): <c>manifest-1.0.0.schema.json</c>, which stands beside this file and is
/// embedded in the program. Properties that the schema does not name are allowed everywhere.
/// </summary>
public static class ManifestSchema
{
    public const string Version = "1.0.0";

    /// <summary>The file's name, and that of the resource.</summary>
    public const string FileName = "manifest-1.0.0.schema.json";

    private static readonly Lazy<string> Text = new(Load);
    private static readonly Lazy<JsonSchema> Schema = new(() => JsonSchema.Parse(Json));

    /// <summary>The schema as JSON.</summary>
    public static string Json => Text.Value;

    /// <summary>Everything that is wrong with a manifest, each with its place; empty if it fits.</summary>
    public static IReadOnlyList<string> FaultsOf(JsonNode? manifest) =>
        [.. Schema.Value.Validate(JsonSerializer.SerializeToElement(manifest)).Select(fault => fault.ToString())];

    private static string Load()
    {
        using var stream = typeof(ManifestSchema).Assembly.GetManifestResourceStream(FileName)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
