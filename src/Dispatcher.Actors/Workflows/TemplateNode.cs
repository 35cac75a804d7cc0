namespace Dispatcher.Workflows;

internal abstract record TemplateNode;
