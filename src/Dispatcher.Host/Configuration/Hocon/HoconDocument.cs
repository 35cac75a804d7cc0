namespace Dispatcher.Host.Configuration.Hocon;

/// <summary>How to read: where substitutions fall back to, what the text is called, and where its includes lie.</summary>
public sealed record HoconReadOptions
{
    public static HoconReadOptions Default { get; } = new();

    /// <summary>Gives the value of an environment variable, or null.</summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>What error messages call a text that came from no file.</summary>
    public string SourceName { get; init; } = "text";

    /// <summary>The directory for relative includes in a text; null means that a text includes absolute paths only.</summary>
    public string? BaseDirectory { get; init; }
}

/// <summary>
/// A HOCON document, read and resolved. The language is described at https://github.com/lightbend/config/blob/main/HOCON.md.
/// </summary>
public sealed class HoconDocument
{
    private HoconDocument(HoconValue root) => Root = root;

    /// <summary>An object, or a list where the text has one.</summary>
    public HoconValue Root { get; }

    /// <exception cref="HoconException">The root is a list.</exception>
    public HoconObject RootObject =>
        Root as HoconObject ?? throw new HoconException(
            Root.Origin,
            "The document is a list",
            "Write fields, with or without braces around them");

    /// <exception cref="HoconException">The text is not HOCON, or cannot be resolved.</exception>
    public static HoconDocument Parse(string text, HoconReadOptions? options = null) =>
        Combine([HoconLayer.FromText(text, (options ?? HoconReadOptions.Default).SourceName)], options);

    /// <exception cref="HoconException">The file is missing, is not HOCON, or cannot be resolved.</exception>
    public static HoconDocument Load(string path, HoconReadOptions? options = null) => Combine([HoconLayer.FromFile(path)], options);

    /// <summary>
    /// Reads layers, the later over the earlier, and resolves them as one document: a substitution in an early layer sees what a
    /// later one sets.
    /// </summary>
    public static HoconDocument Combine(IEnumerable<HoconLayer> layers, HoconReadOptions? options = null)
    {
        options ??= HoconReadOptions.Default;
        var includes = new HoconIncludes();
        var nodes = layers.Select(layer => layer.Read(includes, options)).ToList();
        if (nodes.Count > 1 && nodes.Find(node => node is ArrayNode) is { } list)
        {
            throw new HoconException(
                list.Origin,
                "The document is a list and cannot be merged with others",
                "Write fields, with or without braces around them");
        }

        return new HoconDocument(new HoconResolver(options.Environment).Resolve(nodes));
    }
}
