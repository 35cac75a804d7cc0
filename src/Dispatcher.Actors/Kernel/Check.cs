using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Dispatcher.Kernel;

/// <summary>Asserts invariants, in production too: a broken invariant is a bug, and a bug must not write to the journal.</summary>
public static class Check
{
    /// <exception cref="InvariantBrokenException">The condition is false.</exception>
    public static void That([DoesNotReturnIf(false)] bool condition, [CallerArgumentExpression(nameof(condition))] string? invariant = null)
    {
        if (!condition) throw new InvariantBrokenException($"Invariant broken: {invariant}");
    }
}

/// <summary>A bug: something that must always hold does not.</summary>
public sealed class InvariantBrokenException(string message) : Exception(message);
