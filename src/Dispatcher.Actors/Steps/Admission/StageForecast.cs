namespace Dispatcher.Steps.Admission;

/// <summary>What a step can expect of a stage.</summary>
/// <param name="Wait">Until it starts: as long as those before it take, at the stage's places, and by the stage's delay and rate. Zero too where nothing is known: this node has no place.</param>
/// <param name="Hold">How long it runs: the mean of those before it, or what was assumed if none has ended yet.</param>
public readonly record struct StageForecast(TimeSpan Wait, TimeSpan Hold);
