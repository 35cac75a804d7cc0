namespace Dispatcher.Host.Configuration.Hocon;

/// <summary>One of several documents that are resolved together.</summary>
public sealed class HoconLayer
{
    private readonly Func<HoconIncludes, HoconReadOptions, HoconNode> _read;

    private HoconLayer(Func<HoconIncludes, HoconReadOptions, HoconNode> read) => _read = read;

    public static HoconLayer FromFile(string path) =>
        new((includes, _) => includes.ReadFile(path, new HoconOrigin(path, 0, 0)));

    public static HoconLayer FromText(string text, string source) =>
        new((includes, options) => new HoconParser(text, source, options.BaseDirectory, [], includes).ReadRoot());

    /// <summary>Values that stand in no text, each at its path.</summary>
    public static HoconLayer FromValues(IReadOnlyList<(IReadOnlyList<string> Path, HoconValue Value)> values) => new((_, _) =>
    {
        var root = new ObjectNode(new HoconOrigin("values", 0, 0));
        foreach (var (path, value) in values)
            root.AppendAt(path, [new Contribution(value)]);
        return root;
    });

    internal HoconNode Read(HoconIncludes includes, HoconReadOptions options) => _read(includes, options);
}
