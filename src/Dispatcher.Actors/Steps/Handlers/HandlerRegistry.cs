using System.Collections.Frozen;
using System.Collections.Immutable;
using Dispatcher.Workflows;

namespace Dispatcher.Steps.Handlers;

/// <summary>
/// The step handlers of a node, by their stable names and by the capability codes that are bound to them. Immutable: what a node can run is known when it starts.
/// </summary>
public sealed class HandlerRegistry
{
    private readonly FrozenDictionary<string, IStepHandler> _byName;

    /// <param name="handlers">Each under its own name.</param>
    /// <param name="capabilities">Other names (capability codes), each bound to the name of one of these handlers.</param>
    /// <exception cref="ArgumentException">Two handlers have one name, or a name is not allowed.</exception>
    /// <exception cref="CapabilityException">A code is not allowed, is a handler's own name, or is bound to a handler that is not there.</exception>
    public HandlerRegistry(IEnumerable<IStepHandler> handlers, IReadOnlyDictionary<string, string>? capabilities = null)
    {
        var byName = new SortedDictionary<string, IStepHandler>(StringComparer.Ordinal);
        foreach (var handler in handlers)
        {
            if (!IsName(handler.Name))
            {
                throw new ArgumentException(
                    $"The handler name '{handler.Name}' ({handler.GetType()}) is not allowed: lower case words with dashes or underscores, joined by dots.",
                    nameof(handlers));
            }

            if (!byName.TryAdd(handler.Name, handler))
            {
                throw new ArgumentException(
                    $"Two handlers are named '{handler.Name}': {byName[handler.Name].GetType()} and {handler.GetType()}.", nameof(handlers));
            }
        }

        Handlers = [.. byName.Values];
        foreach (var (code, handler) in capabilities ?? ImmutableDictionary<string, string>.Empty) Bind(byName, code, handler);
        _byName = byName.ToFrozenDictionary(StringComparer.Ordinal);
        Names = [.. byName.Keys];
    }

    /// <summary>All handlers, in the order of their own names.</summary>
    public ImmutableArray<IStepHandler> Handlers { get; }

    /// <summary>All names that a step may use, sorted: the handlers' own and the capability codes.</summary>
    public ImmutableArray<string> Names { get; }

    /// <summary>The handler of that name, or behind that capability code; null if this node has none, which parks a step and never fails it.</summary>
    public IStepHandler? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>What the registration of a workflow must know of a handler; null if this node has none of that name.</summary>
    public HandlerDescription? Describe(string name) =>
        Find(name) is { } handler ? new HandlerDescription(handler.Name, handler.With, DefaultStage: handler.Name) : null;

    private void Bind(SortedDictionary<string, IStepHandler> byName, string code, string handlerName)
    {
        if (!NameRule.Handler.Allows(code)) throw new CapabilityException($"The capability {NameRule.Handler.FaultOf(code)}.");
        if (Handlers.FirstOrDefault(handler => handler.Name == handlerName) is not { } handler)
        {
            throw new CapabilityException(
                $"The capability '{code}' is bound to '{Suggestion.Clip(handlerName)}', and there is no such handler{Suggestion.For(handlerName, Handlers.Select(known => known.Name))}.");
        }

        if (!byName.TryAdd(code, handler)) throw new CapabilityException($"'{code}' is a handler's own name and cannot be bound to another; choose another code.");
    }

    private static bool IsName(string name) =>
        name.Length > 0
        && name.Split('.').All(word => word.Length > 0 && char.IsAsciiLetterOrDigit(word[0]) && !word.EndsWith('-'))
        && name.All(character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character is '.' or '-' or '_');
}

/// <summary>A capability cannot be bound as the settings say; the message names it and says why.</summary>
public sealed class CapabilityException(string message) : Exception(message);
