using System.Collections.Frozen;
using System.Collections.Immutable;
using Dispatcher.Workflows;

namespace Dispatcher.Steps.Handlers;

/// <summary>The step handlers of a node, by their stable names. Immutable: what a node can run is known when it starts.</summary>
public sealed class HandlerRegistry
{
    private readonly FrozenDictionary<string, IStepHandler> _handlers;

    /// <exception cref="ArgumentException">Two handlers have one name, or a name is not allowed.</exception>
    public HandlerRegistry(IEnumerable<IStepHandler> handlers)
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

        _handlers = byName.ToFrozenDictionary(StringComparer.Ordinal);
        Names = [.. byName.Keys];
    }

    /// <summary>All names, sorted.</summary>
    public ImmutableArray<string> Names { get; }

    /// <summary>The handler of that name; null if this node has none, which parks a step and never fails it.</summary>
    public IStepHandler? Find(string name) => _handlers.GetValueOrDefault(name);

    /// <summary>What the registration of a workflow must know of a handler; null if this node has none of that name.</summary>
    public HandlerDescription? Describe(string name) =>
        Find(name) is { } handler ? new HandlerDescription(handler.Name, handler.With, DefaultStage: handler.Name) : null;

    private static bool IsName(string name) =>
        name.Length > 0
        && name.Split('.').All(word => word.Length > 0 && char.IsAsciiLetterOrDigit(word[0]) && !word.EndsWith('-'))
        && name.All(character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character is '.' or '-' or '_');
}
