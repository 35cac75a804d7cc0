using System.Security.Cryptography;

namespace Dispatcher.Actors.Tests.Style;

/// <summary>
/// Databases out there were made by these very scripts, so none is ever changed: what one did wrong the next puts right. A new script gets its line here,
/// with which it is frozen too.
/// </summary>
public sealed class MigrationsTests
{
    private const string Folder = "src/Dispatcher.Actors/Store/Sqlite/Migrations";

    /// <summary>SHA-256 of each script.</summary>
    private static readonly Dictionary<string, string> Frozen = new(StringComparer.Ordinal)
    {
        ["0001_initial.sql"] = "537497f2267db3e46b63dbd7da17f54ad3599282a2fc36d70806aab47744cda3",
        ["0002_service.sql"] = "8b2ab067aac76d4e5aeae68fbb48e52e4dfe5d1a9e34e84d26f755405737d807",
        ["0003_leftover_files.sql"] = "8bee1662d933ecc1ec9857987286f426f4c96e156fbd385d2f9f086824a5ce08",
        ["0004_cluster.sql"] = "07ad35b20b8be4b8d5b3be5b1ee683ce9ad0a2c70062d7eb2688923e6b75f03a",
        ["0005_admission.sql"] = "ebe2e9eeeaeafd1477666d038942743032f3b5825f10aba492f0afb0b29f0549",
        ["0006_operators.sql"] = "bd18781721e27bcf56d91a36b7966a44213805d6bf81f6de3659756391f7a816",
        ["0007_quota.sql"] = "6f06d15591955b796a5602c03f3b7d5c8584ba221dbff0e9f0edc76367e5edce",
        ["0008_schedules.sql"] = "eea8383f3a66c3bf7be607c9a5923decd7c5ca23ec6a825d7feacb3bb981074f",
        ["0009_schedule_cancels.sql"] = "227d78bf0c6fe8623013635151637d84305634f40dac34a4407293a97c6257cd",
    };

    [Fact]
    public void Migrations_NeverChange_OnceTheyAreThere()
    {
        var scripts = Directory.EnumerateFiles(Repository.PathOf(Folder), "*.sql").ToDictionary(path => Path.GetFileName(path), HashOf);
        Repository.AssertNone(
        [
            .. Frozen.Keys.Except(scripts.Keys).Select(name => $"{Folder}/{name} is gone: databases that it has not reached yet need it."),
            .. scripts.Where(script => !Frozen.ContainsKey(script.Key)).Select(script => $"{Folder}/{script.Key} is new: add its line here, [\"{script.Key}\"] = \"{script.Value}\"."),
            .. scripts.Where(script => Frozen.TryGetValue(script.Key, out var hash) && hash != script.Value)
                .Select(script => $"{Folder}/{script.Key} has changed: take the change back and write a script that comes after it."),
        ]);
    }

    /// <summary>Whatever the clone makes of line ends.</summary>
    private static string HashOf(string path) => Convert.ToHexStringLower(SHA256.HashData([.. File.ReadAllBytes(path).Where(character => character != '\r')]));
}
