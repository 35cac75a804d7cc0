namespace Dispatcher.Process.Tests.Support;

/// <summary>A command that did not do what was asked, and said why.</summary>
internal static class Refusal
{
    /// <summary>Ended with this code, with a message that has all these words and is no stack trace.</summary>
    public static void Assert(ProcessResult result, int exitCode, params string[] words)
    {
        Xunit.Assert.True(result.ExitCode == exitCode, $"expected exit code {exitCode}: {result.All}");
        foreach (var word in words) Xunit.Assert.Contains(word, result.Out + result.Error, StringComparison.Ordinal);
        Xunit.Assert.DoesNotContain("   at ", result.Out + result.Error, StringComparison.Ordinal);
        Xunit.Assert.DoesNotContain("A fault of Dispatcher itself", result.Error, StringComparison.Ordinal);
    }
}
