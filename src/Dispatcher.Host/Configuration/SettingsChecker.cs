using Dispatcher.Host.Configuration.Hocon;

namespace Dispatcher.Host.Configuration;

/// <summary>Compares a resolved tree with the schema and collects every fault.</summary>
internal sealed class SettingsChecker(SettingsSchema schema)
{
    private readonly List<ConfigurationFault> _faults = [];
    private readonly OrderedDictionary<string, HoconValue> _values = new(StringComparer.Ordinal);

    public IReadOnlyList<ConfigurationFault> Faults => _faults;

    public CheckedSettings Check(HoconObject root)
    {
        CheckSection(schema.Root, root, []);
        if (_faults.Count == 0)
            CheckNothingIsMissing(root);
        return new CheckedSettings(schema, _values);
    }

    private void CheckSection(SettingsSection section, HoconObject fields, IReadOnlyList<string> path)
    {
        foreach (var (key, value) in fields)
        {
            IReadOnlyList<string> child = [.. path, key];
            if (section.Settings.TryGetValue(key, out var setting))
                CheckSetting(setting.Type, value, HoconPath.Render(child));
            else if (section.EntryType is { } entry)
                CheckSetting(entry, value, HoconPath.Render(child));
            else if (section.SectionOf(key) is not { } inner)
                Refuse(value, UnknownKey(section, key, child));
            else if (value is HoconObject innerFields)
                CheckSection(inner, innerFields, child);
            else
                Refuse(value, $"{HoconPath.Render(child)} is a section, {value.KindName} was given. Write {key} {{ ... }}.");
        }
    }

    /// <summary>A section that was set to null and then written again has lost the defaults that stood before.</summary>
    private void CheckNothingIsMissing(HoconObject root)
    {
        foreach (var path in schema.Settings.Select(setting => setting.Path).Where(path => !_values.ContainsKey(path)))
        {
            HoconValue nearest = root;
            foreach (var key in HoconPath.Parse(path))
                nearest = nearest is HoconObject fields && fields.TryGet(key, out var value) ? value : nearest;
            Refuse(nearest, $"{path} has lost its default. Remove the null, or the value of another kind, that the section had before.");
        }
    }

    private void CheckSetting(SettingType type, HoconValue value, string path)
    {
        if (type.Accepts(value))
            _values.Add(path, value);
        else
            Refuse(value, $"{path}: {value.KindName} was given, expected {type.Description}.");
    }

    private string UnknownKey(SettingsSection section, string key, IReadOnlyList<string> path)
    {
        var siblings = section.Settings.Keys.Concat(section.Children.Keys).Select(name => HoconPath.Render([.. path.SkipLast(1), name]));
        var elsewhere = schema.Settings.Select(setting => setting.Path)
            .Where(known => known.EndsWith("." + HoconPath.RenderKey(key), StringComparison.Ordinal));
        var rendered = HoconPath.Render(path);
        var suggestion = Suggestion.Nearest(rendered, siblings) ?? elsewhere.FirstOrDefault();
        return suggestion is null
            ? $"There is no setting {rendered}. Remove it; reference.conf lists every setting."
            : $"There is no setting {rendered}. Did you mean {suggestion}?";
    }

    private void Refuse(HoconValue value, string message) => _faults.Add(new ConfigurationFault(value.Origin.FileAndLine, message));
}
