using System.CommandLine;

namespace BareBert.Cli;

/// <summary>An option written as text of which a sweep may try several values, as it may of numbers and choices: its text has no comma.</summary>
internal sealed class VaryingText(string name) : Option<string?>(name);
