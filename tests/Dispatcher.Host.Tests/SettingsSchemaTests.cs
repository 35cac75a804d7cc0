using System.Text.Json;
using Dispatcher.Host.Configuration;
using Dispatcher.Host.Configuration.Hocon;

namespace Dispatcher.Host.Tests;

/// <summary>reference.conf, the typed options and the checker say the same.</summary>
public sealed class SettingsSchemaTests
{
    private static readonly string Reference = Path.Combine(AppContext.BaseDirectory, "hocon", "reference.conf");

    [Fact]
    public void TypedOptions_ReadEverySettingOfTheFile_AndNoOther()
    {
        var settings = SettingsLoader.LoadChecked(new SettingsSources(Reference));
        var read = new SortedSet<string>(StringComparer.Ordinal);
        settings.OnRead = path => read.Add(path);
        DispatcherSettings.From(settings);
        Assert.Equal(SettingsSchema.Load(Reference).Settings.Select(setting => setting.Path).Order(StringComparer.Ordinal), read);
    }

    [Fact]
    public void TypedOptions_HaveTheDefaultsOfTheFile_WhenNothingElseIsSet() =>
        Assert.Equal(Show(new DispatcherSettings()), Show(SettingsLoader.Load(new SettingsSources(Reference))));

    [Fact]
    public void Setting_HasAReason_WhereverItStands() =>
        Assert.All(SettingsSchema.Load(Reference).Settings, setting => Assert.True(setting.Reason.Length > 20, setting.Path));

    [Fact]
    public void Profiles_HaveNoFault_WhenLoaded()
    {
        var profiles = Directory.GetFiles(Path.GetDirectoryName(Reference)!, "*.conf");
        Assert.True(profiles.Length >= 2);
        Assert.All(profiles, profile => SettingsLoader.Load(new SettingsSources(Reference) { ProfilePath = profile }));
    }

    [Theory]
    [InlineData("boolean", "on", "maybe")]
    [InlineData("string", "x", "[x]")]
    [InlineData("string", "\"\"", "null")]
    [InlineData("list of string", "[a, 1]", "a")]
    [InlineData("list of string", "[]", "[[a]]")]
    [InlineData("one-of a | b", "b", "B")]
    [InlineData("integer", "-5", "1.5")]
    [InlineData("integer 1..9", "9", "10")]
    [InlineData("integer 1..", "99999999999", "0")]
    [InlineData("number 0..1", "0.5", "1.01")]
    [InlineData("size", "512 KiB", "512 KB")]
    [InlineData("size 1 KiB..1 MiB", "1024", "1023")]
    [InlineData("duration", "5 s", "off")]
    [InlineData("duration", "0", "-1 s")]
    [InlineData("duration | off", "off", "never")]
    [InlineData("duration 1 s..1 m | off", "60 s", "61 s")]
    public void Type_TakesTheGoodAndRefusesTheBad_AsItsLineSays(string annotation, string good, string bad)
    {
        var type = SettingType.Parse(annotation)!;
        Assert.True(type.Accepts(Value(good)));
        Assert.False(type.Accepts(Value(bad)));
        Assert.False(type.Accepts(Value("{ x = 1 }")));
    }

    [Theory]
    [InlineData("dispatcher.a = 1", "no type")]
    [InlineData("# type: colour\na = 1", "no type")]
    [InlineData("# type: integer one..two\na = 1", "no type")]
    [InlineData("# type: duration | never\na = 1", "no type")]
    [InlineData("# type: boolean\n\na = on", "no type")]
    [InlineData("# type: boolean\na = 1", "default of 'a'")]
    [InlineData("# type: map of b\na {\n# type: string\nx = y\n}", "is no section")]
    [InlineData("# type: string\na {}", "has the type")]
    public void Schema_IsRefused_WhenTheReferenceContradictsItself(string text, string part) =>
        Assert.Contains(part, Assert.Throws<HoconException>(() => SettingsSchema.Parse(text, "reference.conf")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("", "abc", 3)]
    [InlineData("same", "SAME", 0)]
    public void EditDistance_CountsEdits_IgnoringCase(string left, string right, int expected) =>
        Assert.Equal(expected, Suggestion.EditDistance(left, right));

    private static HoconValue Value(string text) => HoconDocument.Parse($"a = {text}").RootObject.Find("a")!;

    private static string Show(DispatcherSettings settings)
    {
        var stages = new SortedDictionary<string, StageSettings>(settings.Stages.ToDictionary(), StringComparer.Ordinal);
        return JsonSerializer.Serialize(settings with { Stages = stages });
    }
}
