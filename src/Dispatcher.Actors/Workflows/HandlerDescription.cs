namespace Dispatcher.Workflows;

/// <summary>What registration must know of a step handler.</summary>
/// <param name="Name">The handler's stable name, as steps write it in <c>uses</c>.</param>
/// <param name="With">What a step's <c>with</c> must look like; null accepts anything.</param>
/// <param name="DefaultStage">The admission stage of steps that name none.</param>
public sealed record HandlerDescription(string Name, JsonSchema? With, string DefaultStage);
