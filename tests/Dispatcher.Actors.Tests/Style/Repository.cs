using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Dispatcher.Actors.Tests.Style;

/// <summary>The sources of this project, as the style tests read them.</summary>
internal static partial class Repository
{
    public static string Root { get; } = FindRoot();

    public static string PathOf(string relative) => Path.Combine(Root, relative);

    public static string Read(string relative) => File.ReadAllText(PathOf(relative));

    /// <summary>C# files below a folder, relative to the root with forward slashes, without what the compiler made.</summary>
    public static IEnumerable<string> Sources(string folder) => Directory.EnumerateFiles(PathOf(folder), "*.cs", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
        .Where(path => !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal);

    /// <summary>A source with the contents of comments, texts and characters blanked out; lines and columns stay where they are.</summary>
    public static string Code(string relative) => NotCode().Replace(Read(relative), match => NotNewLine().Replace(match.Value, " "));

    /// <summary>Fails with all faults, one a line.</summary>
    public static void AssertNone(IEnumerable<string> faults)
    {
        var all = faults.Distinct(StringComparer.Ordinal).ToList();
        Assert.True(all.Count == 0, string.Join('\n', all));
    }

    private static string FindRoot([CallerFilePath] string thisFile = "")
    {
        // Deterministic builds in CI may write another path into the program, so the folder of the tests is asked too.
        foreach (var start in new[] { AppContext.BaseDirectory, Path.GetDirectoryName(thisFile)! })
        {
            for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "Akka.Jobs.sln"))) return folder.FullName;
            }
        }

        throw new InvalidOperationException("The tests do not run inside a clone of the project.");
    }

    /// <summary>Comments, raw texts, verbatim texts, texts and characters, in this order of precedence.</summary>
    [GeneratedRegex("""//[^\n]*|/\*[\s\S]*?\*/|\$*(?<quotes>"{3,})[\s\S]*?\k<quotes>(?!")|\$?@\$?"(?:[^"]|"")*"|\$?"(?:\\.|[^"\\\n])*"|'(?:\\.[^'\n]*|[^'\\\n])'""", RegexOptions.ExplicitCapture)]
    private static partial Regex NotCode();

    [GeneratedRegex("[^\n]")]
    private static partial Regex NotNewLine();
}
