// Made by the header tool in a project of the engine.
#pragma once
