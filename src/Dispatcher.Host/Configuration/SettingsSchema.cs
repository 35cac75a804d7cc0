using Dispatcher.Host.Configuration.Hocon;

namespace Dispatcher.Host.Configuration;

/// <summary>One setting of reference.conf: its path, type, default and the comment above it without the type.</summary>
public sealed record SettingDefinition(string Path, SettingType Type, HoconValue Default, string Reason);

/// <summary>
/// Which settings exist. It is read from reference.conf itself, so that the file, its comments and what the program accepts
/// cannot disagree.
/// </summary>
public sealed class SettingsSchema
{
    private const string TypeMark = "# type:";
    private const string MapMark = "map of ";

    /// <summary>The entries of such a map are texts; those of any other look like a section.</summary>
    private const string TextEntries = "string";

    private readonly string[] _lines;
    private readonly string _source;

    private SettingsSchema(HoconObject reference, string text, string source)
    {
        _lines = text.Split('\n');
        _source = source;
        Root = ReadSection(reference, []);
        foreach (var section in Sections(Root).Where(section => section.EntryPath is not null))
        {
            section.Entry = Sections(Root).FirstOrDefault(candidate => candidate.Path == section.EntryPath)
                ?? throw Fault(new HoconOrigin(source, 0, 0), $"The map '{section.Path}' is of '{section.EntryPath}', which is no section");
        }
    }

    public IEnumerable<SettingDefinition> Settings => Sections(Root).SelectMany(section => section.Settings.Values);

    internal SettingsSection Root { get; }

    /// <exception cref="HoconException">The file is not HOCON, or a setting lacks its <c># type:</c> or contradicts it.</exception>
    public static SettingsSchema Load(string referencePath)
    {
        var reference = HoconDocument.Load(referencePath).RootObject;
        return new SettingsSchema(reference, File.ReadAllText(referencePath), referencePath);
    }

    public static SettingsSchema Parse(string text, string source) =>
        new(HoconDocument.Parse(text, new HoconReadOptions { SourceName = source }).RootObject, text, source);

    internal static IEnumerable<SettingsSection> Sections(SettingsSection section) =>
        section.Children.Values.SelectMany(Sections).Prepend(section);

    private SettingsSection ReadSection(HoconObject fields, IReadOnlyList<string> path)
    {
        var section = new SettingsSection(HoconPath.Render(path));
        if (path.Count > 0 && CommentAbove(fields.Origin).Type is { } annotation)
        {
            if (!annotation.StartsWith(MapMark, StringComparison.Ordinal)) throw Fault(fields.Origin, $"The section '{section.Path}' has the type '{annotation}'");
            var entry = annotation[MapMark.Length..].Trim();
            if (entry == TextEntries) section.EntryType = new SettingType.Text();
            else section.EntryPath = entry;
        }

        foreach (var (key, value) in fields)
        {
            IReadOnlyList<string> child = [.. path, key];
            if (value is HoconObject inner)
                section.Children.Add(key, ReadSection(inner, child));
            else
                section.Settings.Add(key, ReadSetting(value, HoconPath.Render(child)));
        }

        return section;
    }

    private SettingDefinition ReadSetting(HoconValue value, string path)
    {
        var (annotation, reason) = CommentAbove(value.Origin);
        if (annotation is null || SettingType.Parse(annotation) is not { } type)
            throw Fault(value.Origin, $"The setting '{path}' has no type that the program knows");
        if (!type.Accepts(value))
            throw Fault(value.Origin, $"The default of '{path}' is not {type.Description}");
        return new SettingDefinition(path, type, value, reason);
    }

    /// <summary>The comment lines directly above a line, their <c># type:</c> apart from the rest.</summary>
    private (string? Type, string Reason) CommentAbove(HoconOrigin origin)
    {
        string? type = null;
        var reason = new List<string>();
        for (var line = origin.Line - 2; line >= 0 && _lines[line].TrimStart() is ['#', ..] comment; line--)
        {
            if (comment.StartsWith(TypeMark, StringComparison.Ordinal))
                type ??= comment[TypeMark.Length..].Trim();
            else
                reason.Insert(0, comment.TrimStart('#').Trim());
        }

        return (type, string.Join(' ', reason));
    }

    private HoconException Fault(HoconOrigin origin, string fault) =>
        new(
            origin.Source == _source ? origin : new HoconOrigin(_source, 0, 0),
            fault,
            "Correct the '# type:' line above it in the reference file");
}

/// <summary>An object of reference.conf.</summary>
internal sealed class SettingsSection(string path)
{
    public string Path { get; } = path;

    public OrderedDictionary<string, SettingDefinition> Settings { get; } = new(StringComparer.Ordinal);

    public OrderedDictionary<string, SettingsSection> Children { get; } = new(StringComparer.Ordinal);

    /// <summary>For a map of plain values: what each entry accepts.</summary>
    public SettingType? EntryType { get; set; }

    /// <summary>For a map: the path of the section that its entries look like.</summary>
    public string? EntryPath { get; set; }

    public SettingsSection? Entry { get; set; }

    /// <summary>The section of a key: one that the file names, or the shape of an entry.</summary>
    public SettingsSection? SectionOf(string key) => Children.GetValueOrDefault(key) ?? Entry;
}
